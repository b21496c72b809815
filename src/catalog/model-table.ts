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
