import type { Catalog, Price } from '../catalog/catalog.ts';
import type { Usage } from './api.ts';

/**
 * The standard cost in USD of what was used: as reported, else from the price list, by the model asked for and then by the
 * upstream's name of it. Without either, 0.
 */
export function standardCostUsd(usage: Usage, catalog: Catalog, lease: PricedLease): number {
  if (usage.standardCostUsd !== undefined) return usage.standardCostUsd;
  const price = catalog.priceOf(lease.model) ?? upstreamPrice(catalog, lease);
  if (price === undefined) return 0;
  const perMillion =
    usage.inputTokens * price.input +
    usage.outputTokens * price.output +
    usage.cacheReadTokens * price.cacheRead +
    usage.cacheCreationTokens * price.cacheCreation;
  return perMillion / 1_000_000;
}

function upstreamPrice(catalog: Catalog, { accountId, model }: PricedLease): Price | undefined {
  const upstream = catalog.accounts.get(accountId)?.models.upstreamOf(model);
  return upstream === undefined ? undefined : catalog.priceOf(upstream);
}

interface PricedLease {
  readonly accountId: string;
  readonly model: string;
}
