import type { CooldownTimings } from '../../failover/cooldown.ts';
import type { ClaimRequest, ClaimResult, SettleRequest, SettleResult } from '../../ports/state-store.ts';
import { CallBatches } from './call-batches.ts';
import type { RunScript } from './calls.ts';
import { type ClaimAnswer, claimArgs, readClaimAnswer } from './claim-script.ts';
import type { DroppedReplies } from './reply.ts';
import { readSettleAnswer, type SettleAnswer, settleArgs } from './settle-script.ts';

export interface CallsOptions {
  readonly run: RunScript;
  readonly sidecar: string;
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
  /** Told of leases that were over on the way. */
  readonly drop: (dropped: DroppedReplies) => void;
}

/** Makes the two calls there are many of: claims and reports, each given what is done with an answer. */
export function createCalls({ run, sidecar, timings, spendTtlMs, drop }: CallsOptions) {
  const { forgetAfterMs, probeAfterMs, probeTimeoutMs } = timings;
  return {
    claims: (take: (answer: ClaimAnswer, request: ClaimRequest) => ClaimResult) =>
      new CallBatches<ClaimRequest, ClaimResult>({
        run,
        operation: 'claim',
        script: 'claim',
        head: [sidecar, probeTimeoutMs],
        args: claimArgs,
        read: (answer, request) => take(readClaimAnswer(answer, request), request),
        drop,
      }),
    reports: (take: (answer: SettleAnswer, request: SettleRequest) => SettleResult) =>
      new CallBatches<SettleRequest, SettleResult>({
        run,
        operation: 'settle',
        script: 'settle',
        head: [sidecar, spendTtlMs, forgetAfterMs, probeAfterMs, probeTimeoutMs],
        args: settleArgs,
        read: (answer, request) => take(readSettleAnswer(answer, request), request),
        drop,
      }),
  };
}
