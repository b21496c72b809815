import type { Account } from '../catalog/account.ts';
import { accountStates } from './account-state.ts';
import type { Admin, Answer, Refusal } from './api.ts';
import type { RoutingDependencies } from './dependencies.ts';
import type { Explain } from './explain.ts';
import { unknownGroup } from './refusals.ts';
import { orUnavailable } from './unavailable.ts';

/** The use cases of operators. What they change is logged, since it outlives the call. */
export function createAdmin(deps: RoutingDependencies, explain: Explain): Admin {
  const { catalog, state, clock, log, modelsList, userRates } = deps;

  /** An operator who names what is not there meant something else: better told than taken for done. */
  const unknownName = (named: { readonly groupId: string; readonly accountId?: string }) => {
    const { groups, accounts } = catalog.current();
    const { groupId, accountId = '' } = named;
    if (groupId !== '' && !groups.has(groupId)) return unknownGroup(groupId);
    return accountId === '' || accounts.has(accountId) ? undefined : unknownAccount(accountId, 'account_id');
  };

  const useCases: Admin = {
    explain: (request) => explain.run(request),

    async listAccounts({ groupId, accountIds }) {
      const { groups, accounts, pool } = catalog.current();
      if (groupId !== '' && !groups.has(groupId)) return refused(unknownGroup(groupId));
      const unknown = accountIds.find((id) => !accounts.has(id));
      if (unknown !== undefined) return refused(unknownAccount(unknown, 'account_ids'));
      const wanted = new Set(accountIds);
      const listed: readonly Account[] = groupId === '' ? [...accounts.values()] : pool(groupId);
      const chosen = wanted.size === 0 ? listed : listed.filter(({ id }) => wanted.has(id));
      return done(await accountStates(chosen, deps));
    },

    async setSchedulable({ accountId, schedulable, reason }) {
      if (!catalog.current().accounts.has(accountId)) return refused(unknownAccount(accountId, 'account_id'));
      await state.setOverride(accountId, { schedulable, reason });
      log.warn(
        { account: accountId, schedulable, reason },
        'an operator set whether the account may be used',
      );
      return done(undefined);
    },

    async clearCooldowns({ accountId, model }) {
      const unknown = unknownName({ groupId: '', accountId });
      if (unknown !== undefined) return refused(unknown);
      const cleared = await state.clearCooldowns({ accountId, model }, clock.now());
      log.warn({ account: accountId, model, cleared }, 'an operator cleared cooldowns');
      return done(cleared);
    },

    async unbindSessions(selector) {
      const unknown = unknownName(selector);
      if (unknown !== undefined) return refused(unknown);
      await state.unbind(selector, clock.now());
      log.warn({ group: selector.groupId, account: selector.accountId }, 'an operator unbound sessions');
      return done(undefined);
    },

    async invalidateModels(selector) {
      const unknown = unknownName({ groupId: selector.groupId });
      if (unknown !== undefined) return refused(unknown);
      modelsList.invalidate(selector);
      return done(undefined);
    },

    async invalidateUserRates(selector) {
      const unknown = unknownName({ groupId: selector.groupId });
      if (unknown !== undefined) return refused(unknown);
      userRates.invalidate(selector);
      return done(undefined);
    },
  };
  return {
    ...useCases,
    explain: (request) => orUnavailable(() => useCases.explain(request)),
    setSchedulable: (request) => orUnavailable(() => useCases.setSchedulable(request)),
    clearCooldowns: (request) => orUnavailable(() => useCases.clearCooldowns(request)),
    unbindSessions: (request) => orUnavailable(() => useCases.unbindSessions(request)),
  };
}

function unknownAccount(accountId: string, field: string): Refusal {
  return { kind: 'not_found', message: `${field}: no account "${accountId}"` };
}

function done<T>(value: T): Answer<T> {
  return { kind: 'done', value };
}

function refused(refusal: Refusal): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal };
}
