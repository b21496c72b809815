/** What a fault shows of a value; `secret` values are never shown, only what kind of thing they are. */
export interface MismatchOptions {
  readonly secret?: boolean;
  /** The fix, where the value allows to guess it. */
  readonly hint?: (input: unknown) => string | undefined;
}

const longestShown = 60;

/** A valibot message: what the value is, what was expected, and the fix. */
export function mismatch(
  expected: string,
  options: MismatchOptions = {},
): (issue: { input: unknown }) => string {
  return ({ input }) => {
    const is = options.secret ? kindOf(input) : shown(input);
    const hint = options.hint?.(input);
    return `is ${is}; expected ${expected}${hint === undefined ? '' : ` (${hint})`}`;
  };
}

/** Whether the value is a YAML mapping. */
export function isMapping(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** The fix where text is wanted and YAML read something else. */
export function quoteIt(input: unknown): string | undefined {
  return typeof input === 'number' || typeof input === 'boolean' ? 'put it in quotes' : undefined;
}

function shown(input: unknown): string {
  if (typeof input === 'number' || typeof input === 'boolean') return String(input);
  if (typeof input !== 'string' || input === '') return kindOf(input);
  const text = JSON.stringify(input);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}..." (cut)`;
}

function kindOf(input: unknown): string {
  if (input === undefined) return 'missing';
  if (input === null) return 'without a value';
  if (input === '') return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (isMapping(input)) return 'a mapping';
  return typeof input === 'string' ? 'text' : `a ${typeof input}`;
}
