import { isPattern, PatternTable } from './pattern-table.ts';

/** The models an account (or a price list) knows, by exact name or by a pattern with a trailing `*`. */
export interface ModelTable {
  /** True where the list is empty: every model is accepted as it is. */
  readonly unrestricted: boolean;
  /** Exact names, patterns left out. */
  readonly names: readonly string[];
  /** Whether any pattern is in the list. */
  readonly hasPatterns: boolean;
  /** The upstream's name of `model`; undefined where the account does not serve it. The empty model is always served, as ''. */
  upstreamOf(model: string): string | undefined;
}

/**
 * The table of a list (each name maps to itself) or of a map, requested to upstream names. An upstream name that ends in `*`
 * takes over what the requested pattern's `*` stood for: `claude-*: us.claude-*` turns claude-x into us.claude-x.
 */
export function createModelTable(upstreamNames: ReadonlyMap<string, string>): ModelTable {
  return upstreamNames.size === 0 ? everyModel : new DeclaredModels(upstreamNames);
}

const everyModel: ModelTable = {
  unrestricted: true,
  names: [],
  hasPatterns: false,
  upstreamOf: (model) => model,
};

/** Plain fields, no closures: two tables of the same declaration are deeply equal, which is how a reload finds what changed. */
class DeclaredModels implements ModelTable {
  readonly unrestricted = false;
  readonly names: readonly string[];
  readonly hasPatterns: boolean;
  readonly table: PatternTable<string>;

  constructor(upstreamNames: ReadonlyMap<string, string>) {
    this.table = new PatternTable(upstreamNames);
    this.names = [...this.table.exact.keys()];
    this.hasPatterns = this.table.patterns.length > 0;
  }

  upstreamOf(model: string): string | undefined {
    if (model === '') return '';
    const found = this.table.match(model);
    if (found === undefined) return undefined;
    return isPattern(found.value) ? found.value.slice(0, -1) + found.rest : found.value;
  }
}
