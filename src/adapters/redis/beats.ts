import { randomUUID } from 'node:crypto';
import type { CooldownTimings } from '../../failover/cooldown.ts';
import type { Reply, RunScript } from './calls.ts';
import type { Picture } from './picture/picture.ts';
import { accountsOf, droppedOf, listOf, numberOf, textOf } from './reply.ts';

export interface BeatsOptions {
  readonly run: RunScript;
  readonly picture: Picture;
  readonly sidecar: string;
  readonly timings: CooldownTimings;
}

export interface BeatResult {
  /** Leases found over. */
  readonly ended: number;
  /** Sidecars that show they live, this one included. */
  readonly sidecars: number;
  /** Whether the store had not heard of this sidecar, or forgot it. */
  readonly isNew: boolean;
  /** Whether the store is another one than before, or lost its data. */
  readonly isOther: boolean;
}

/** Accounts brought up to date by one script: about 1 ms of the server's time. */
const accountsAtOnce = 500;
/** A sidecar that shows no life for this long counts as gone. */
const lifeMs = 5_000;

/** The regular exchange with the store: shows life, ends leases that are over, learns which accounts changed. */
export class Beats {
  readonly #options: BeatsOptions;
  #identity = '';
  #cursor = '-1';
  #underWay: Promise<BeatResult> | undefined;

  constructor(options: BeatsOptions) {
    this.#options = options;
  }

  /** At most one exchange is under way; who asks meanwhile gets what it comes to. */
  beat(nowMs: number): Promise<BeatResult> {
    this.#underWay ??= this.#exchange(nowMs).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #exchange(nowMs: number): Promise<BeatResult> {
    const total = { ended: 0, sidecars: 1, isNew: false, isOther: false };
    for (let more = true; more; ) {
      const part = await this.#once(nowMs);
      total.ended += part.ended;
      total.sidecars = part.sidecars;
      total.isNew ||= part.isNew;
      total.isOther ||= part.isOther;
      more = part.more;
    }
    return total;
  }

  #once(nowMs: number): Promise<BeatResult & { readonly more: boolean }> {
    const { run, sidecar, timings } = this.#options;
    const { probeTimeoutMs, forgetAfterMs } = timings;
    const fresh = randomUUID();
    const args = [
      nowMs,
      sidecar,
      this.#identity,
      fresh,
      this.#cursor,
      accountsAtOnce,
      probeTimeoutMs,
      lifeMs,
      forgetAfterMs,
    ];
    return run({ operation: 'figures', script: 'beat', args }, (reply) => this.#read(listOf(reply)));
  }

  #read(reply: readonly Reply[]): BeatResult & { readonly more: boolean } {
    const { picture } = this.#options;
    const [identity, isNew, sidecars, upto, moreAccounts, ended, moreEnded, figures] = reply;
    const isOther = this.#identity !== '' && textOf(identity) !== this.#identity;
    if (isOther) picture.reset();
    this.#identity = textOf(identity);
    this.#cursor = textOf(upto);
    const stamp = numberOf(upto);
    // Every account that lost a lease changed, and so is among the figures, if not in this part then in the next.
    const dropped = droppedOf([ended!, [], '0']);
    const endedAt = new Set(dropped.leases.map(({ accountId }) => accountId));
    const accounts = accountsOf(figures);
    const own = accounts.filter(({ accountId }) => endedAt.has(accountId));
    picture.drop({ ...dropped, accounts: own, stamp }, { expired: true });
    picture.restore(
      accounts.filter(({ accountId }) => !endedAt.has(accountId)),
      stamp,
      { tell: true },
    );
    return {
      ended: dropped.leases.length,
      sidecars: numberOf(sidecars),
      isNew: isNew === '1',
      isOther,
      more: moreAccounts === '1' || moreEnded === '1',
    };
  }
}
