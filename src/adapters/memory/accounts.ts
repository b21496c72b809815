import { type CooldownTimings, isForgotten } from '../../failover/cooldown.ts';
import { FiguresLog } from '../../selection/figures-log.ts';
import { AccountFigures } from './account-figures.ts';
import { SpendTable } from './account-spend.ts';

const forgetEveryMs = 60_000;

/** The figures of every account anything is known of, made as they are asked for and kept: others hold on to them. */
export class Accounts {
  /** Which of them changed. */
  readonly log = new FiguresLog();
  readonly #byId = new Map<string, AccountFigures>();
  readonly #spends = new SpendTable();
  readonly #spendTtlMs: number;
  #forgottenAtMs = 0;

  /** `spendTtlMs`: how long a figure read from the ledger is trusted. */
  constructor(spendTtlMs: number) {
    this.#spendTtlMs = spendTtlMs;
  }

  of(accountId: string): AccountFigures {
    let figures = this.#byId.get(accountId);
    if (figures === undefined) {
      figures = new AccountFigures({
        accountId,
        spendTtlMs: this.#spendTtlMs,
        log: this.log,
        spends: this.#spends,
      });
      this.#byId.set(accountId, figures);
    }
    return figures;
  }

  all(): Iterable<AccountFigures> {
    return this.#byId.values();
  }

  /** Drops what only takes room: records that say nothing any more, idle sessions. Does nothing within a minute of the last time. */
  forget(nowMs: number, timings: CooldownTimings): void {
    if (Math.abs(nowMs - this.#forgottenAtMs) < forgetEveryMs) return;
    this.#forgottenAtMs = nowMs;
    for (const figures of this.#byId.values()) {
      figures.dropRecords((record) => isForgotten(record, nowMs, timings));
      figures.activeSessions.prune(nowMs);
    }
  }
}
