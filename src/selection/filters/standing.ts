import { fitsPlatform } from '../../catalog/catalog.ts';
import type { Filter } from './filter.ts';

/** Ruled out by the caller, or by what this chain has seen of the account. */
export const excluded: Filter = {
  verdict: 'EXCLUDED',
  rejects: ({ account }, { excluded, tried, faultyPlatforms }) =>
    (excluded.size > 0 && excluded.has(account.id)) ||
    (tried.size > 0 && tried.has(account.id)) ||
    (faultyPlatforms.length > 0 && faultyPlatforms.includes(account.platform)),
};

/** Out of service: by its status, its expiry, or an operator. */
export const disabled: Filter = {
  verdict: 'DISABLED',
  rejects: ({ account, figures }, context) =>
    account.status !== 'active' ||
    !(figures.override?.schedulable ?? account.schedulable) ||
    (account.expiresAtMs !== undefined && account.expiresAtMs <= context.nowMs),
  standsUntilMs: ({ account: { expiresAtMs } }, { nowMs }) =>
    expiresAtMs !== undefined && expiresAtMs > nowMs ? expiresAtMs : Number.POSITIVE_INFINITY,
};

export const platformMismatch: Filter = {
  verdict: 'PLATFORM_MISMATCH',
  indexed: true,
  rejects: ({ account }, context) => !fitsPlatform(account, context.platform, context.platformForced),
};

export const modelUnsupported: Filter = {
  verdict: 'MODEL_UNSUPPORTED',
  indexed: true,
  rejects: ({ account }, context) => account.models.upstreamOf(context.model) === undefined,
};
