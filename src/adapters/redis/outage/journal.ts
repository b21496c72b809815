import { LRUCache } from 'lru-cache';
import type { BindingSelector, SettleRequest } from '../../../ports/state-store.ts';
import { nonceOf } from '../lease-payload.ts';

/** A session that was bound while the shared store was away. */
export interface NotedBinding {
  readonly sessionKey: string;
  readonly accountId: string;
  readonly endsAtMs: number;
  readonly idleMs: number;
}

/** Leases the store lets go of by itself once they are over, so the oldest may be forgotten. */
const maxEnded = 100_000;
const maxBindings = 50_000;

/**
 * What the shared store must be told when it is back, beyond the leases held and the cooldowns that run: leases it may hold that
 * are over, accounts whose spending it missed, sessions that moved. Costs themselves are not in it: the ledger has them.
 */
export class Journal {
  /** Nonces. */
  readonly #ended = new LRUCache<string, true>({ max: maxEnded });
  readonly #spent = new Set<string>();
  readonly #bindings = new LRUCache<string, NotedBinding>({ max: maxBindings });

  /** Of the kind there is most of. */
  get size(): number {
    return Math.max(this.#ended.size, this.#spent.size, this.#bindings.size);
  }

  /** A lease is over, or a claim was given up on that may have been granted. */
  noteEnded(nonce: string): void {
    this.#ended.set(nonce, true);
  }

  /** A report that the store does not have; `mayBeHeld`: it may hold the lease. */
  noteReport(
    { leaseId, accountId, spend }: SettleRequest,
    { mayBeHeld }: { readonly mayBeHeld: boolean },
  ): void {
    if (mayBeHeld) this.noteEnded(nonceOf(leaseId));
    if (spend.kind === 'known' || spend.kind === 'unknown') this.noteSpent(accountId);
  }

  /** The claim was granted after all, here. */
  forgetEnded(nonce: string): void {
    this.#ended.delete(nonce);
  }

  noteSpent(accountId: string): void {
    this.#spent.add(accountId);
  }

  noteBinding(binding: NotedBinding): void {
    this.#bindings.set(binding.sessionKey, binding);
  }

  dropBinding(sessionKey: string): void {
    this.#bindings.delete(sessionKey);
  }

  /** Drops those that match; an empty field means any. */
  dropBindings({ groupId, sessionId, accountId }: BindingSelector): void {
    for (const noted of [...this.#bindings.values()]) {
      const cut = noted.sessionKey.indexOf('\0');
      if (accountId !== '' && noted.accountId !== accountId) continue;
      if (groupId !== '' && noted.sessionKey.slice(0, cut) !== groupId) continue;
      if (sessionId !== '' && noted.sessionKey.slice(cut + 1) !== sessionId) continue;
      this.#bindings.delete(noted.sessionKey);
    }
  }

  /** Takes out a part of at most `most` of each kind, oldest first. */
  take(most: number): JournalPart {
    return {
      ended: taken(this.#ended, most).map(([nonce]) => nonce),
      spent: takenOf(this.#spent, most),
      bindings: taken(this.#bindings, most).map(([, binding]) => binding),
    };
  }

  /** Puts a part back that could not be told. */
  putBack({ ended, spent, bindings }: JournalPart): void {
    for (const nonce of ended) this.noteEnded(nonce);
    for (const accountId of spent) this.noteSpent(accountId);
    for (const binding of bindings) if (!this.#bindings.has(binding.sessionKey)) this.noteBinding(binding);
  }
}

export interface JournalPart {
  /** Nonces. */
  readonly ended: readonly string[];
  readonly spent: readonly string[];
  readonly bindings: readonly NotedBinding[];
}

function taken<Value extends object | true>(cache: LRUCache<string, Value>, most: number): [string, Value][] {
  const entries: [string, Value][] = [];
  for (const key of cache.rkeys()) {
    if (entries.length === most) break;
    entries.push([key, cache.peek(key)!]);
  }
  for (const [key] of entries) cache.delete(key);
  return entries;
}

function takenOf(set: Set<string>, most: number): string[] {
  const values = [...set].slice(0, most);
  for (const value of values) set.delete(value);
  return values;
}
