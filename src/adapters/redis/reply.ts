import type { Reply } from './calls.ts';

/** Replies are what the scripts' headers say they are; these name the part that is read. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw new TypeError(`redis answered ${String(reply)} for a list`);
  return reply as readonly Reply[];
}

export function textOf(reply: Reply | undefined): string {
  if (reply === undefined || reply === null || typeof reply === 'object')
    throw new TypeError(`redis answered ${String(reply)} for a text`);
  return String(reply);
}

export function numberOf(reply: Reply | undefined): number {
  return Number(textOf(reply));
}

export function textsOf(reply: Reply | undefined): readonly string[] {
  return listOf(reply) as readonly string[];
}

/** An account with its figures, as lua/includes/figures.lua gives it. */
export interface AccountReply {
  readonly accountId: string;
  readonly inFlight: number;
  readonly sessions: number;
  readonly oldestSessionMs: number;
  readonly fields: readonly string[];
}

export function accountsOf(reply: Reply | undefined): readonly AccountReply[] {
  return listOf(reply).map((entry) => accountOf(entry));
}

export function accountOf(reply: Reply | undefined): AccountReply {
  const [accountId, inFlight, sessions, oldest, fields] = listOf(reply);
  return {
    accountId: textOf(accountId),
    inFlight: numberOf(inFlight),
    sessions: numberOf(sessions),
    oldestSessionMs: numberOf(oldest),
    fields: textsOf(fields),
  };
}

/** Leases that ended without a report, with their accounts as they are now. */
export interface DroppedReplies {
  readonly leases: readonly { readonly accountId: string; readonly standing: boolean }[];
  readonly accounts: readonly AccountReply[];
  readonly stamp: number;
}

/** Reads { leases as lua/includes/sweep.lua gives them, figures of their accounts, stamp }. */
export function droppedOf([leases, accounts, stamp]: readonly Reply[]): DroppedReplies {
  return {
    leases: listOf(leases).map((entry) => {
      const [accountId, standing] = listOf(entry);
      return { accountId: textOf(accountId), standing: standing === '1' };
    }),
    accounts: accountsOf(accounts),
    stamp: numberOf(stamp),
  };
}
