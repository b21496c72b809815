import type { Catalog, CatalogChange, CatalogHolder } from './catalog.ts';
import { touchedPairs } from './changes.ts';

/** A holder whose catalog its source can replace. Readers are given the plain CatalogHolder. */
export interface ReplaceableCatalogHolder extends CatalogHolder {
  /** Puts `next` in force, then tells the listeners. Listeners must not throw. */
  replace(next: Catalog): CatalogChange;
}

/** Holds `initial` until it is replaced. */
export function createCatalogHolder(initial: Catalog): ReplaceableCatalogHolder {
  let current = initial;
  const listeners = new Set<(change: CatalogChange) => void>();
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    replace(next) {
      const change = { before: current, after: next, touched: touchedPairs(current, next) };
      current = next;
      for (const listener of [...listeners]) listener(change);
      return change;
    },
  };
}
