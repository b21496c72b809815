import type { ModelFallback } from './catalog.ts';
import type { ModelDeclaration } from './declaration.ts';
import { PatternTable } from './pattern-table.ts';

/**
 * What `x/y` means: model y on platform x where some account has platform x, else a model of that whole name. Only the first
 * slash parts the two, so `openrouter/anthropic/claude` is anthropic/claude on openrouter.
 */
export function parseFallback(text: string, platforms: ReadonlySet<string>): ModelFallback {
  const slash = text.indexOf('/');
  const platform = text.slice(0, slash);
  const model = text.slice(slash + 1);
  return slash > 0 && model !== '' && platforms.has(platform) ? { model, platform } : { model: text };
}

/**
 * The fallbacks of each model, in their order: repeats dropped (first place wins), and the model itself dropped where it would
 * only be tried again on the same platform.
 */
export function createFallbackTable(
  models: readonly ModelDeclaration[],
  platforms: ReadonlySet<string>,
): (model: string) => readonly ModelFallback[] {
  const table = new PatternTable(
    models.map(({ name, fallbacks }) => [name, distinctFallbacks(fallbacks, platforms)] as const),
  );
  return (model) => {
    const found = table.find(model);
    if (found === undefined) return none;
    const others = found.filter((fallback) => fallback.platform !== undefined || fallback.model !== model);
    return others.length === found.length ? found : others;
  };
}

const none: readonly ModelFallback[] = [];

function distinctFallbacks(
  texts: readonly string[],
  platforms: ReadonlySet<string>,
): readonly ModelFallback[] {
  const distinct = new Map<string, ModelFallback>();
  for (const text of texts) {
    const fallback = parseFallback(text, platforms);
    const key = JSON.stringify([fallback.platform, fallback.model]);
    if (!distinct.has(key)) distinct.set(key, fallback);
  }
  return [...distinct.values()];
}
