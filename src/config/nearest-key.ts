import { closest } from 'fastest-levenshtein';

/**
 * The known key that is nearest to `key`; undefined where none is known. `nested` are paths one level down (`limits.rpm`): one
 * whose last word is the key itself is nearest of all, since the key was then written a level too high.
 */
export function nearestKey(
  key: string,
  known: readonly string[],
  nested: readonly string[] = [],
): string | undefined {
  const misplaced = nested.find((path) => path.slice(path.lastIndexOf('.') + 1) === key);
  if (misplaced !== undefined) return misplaced;
  return known.length === 0 ? undefined : closest(key, known);
}
