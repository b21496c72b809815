import { dirname } from 'node:path';
import * as v from 'valibot';
import type { CatalogDeclaration } from '../catalog/declaration.ts';
import { catalogPlaceFaults } from './catalog-place.ts';
import { settingsFaults } from './cross-checks.ts';
import { readDocument } from './document.ts';
import { type Environment, overlayEnvironment } from './environment.ts';
import { type Fault, type PathStep, pathText, type UnplacedFault } from './fault.ts';
import { referenceFaults } from './references.ts';
import { isMapping } from './schema/mismatch.ts';
import { configSchema } from './schema/root.ts';
import { settingsEntries, settingsSchema } from './schema/settings.ts';
import type { Settings } from './settings.ts';
import { toDeclaration } from './to-declaration.ts';
import { toSettings } from './to-settings.ts';

/** A valid configuration. */
export interface Config {
  readonly settings: Settings;
  readonly declaration: CatalogDeclaration;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** At least one: those of the environment, then those of the file in the order of its lines. */
  | { readonly ok: false; readonly faults: readonly Fault[] };

export interface ParseOptions {
  readonly text: string;
  /** Where the text is from: named in faults, and its directory is where paths of secrets start. */
  readonly file: string;
  readonly env: Environment;
}

/** Reads a configuration's text, the environment on top of it. Never throws for any text; finds every fault, not the first. */
export function parseConfig({ text, file, env }: ParseOptions): ConfigResult {
  const document = readDocument(text);
  if ('faults' in document) {
    const faults = document.faults.map(({ path, line, problem }) => ({
      path: pathText(path),
      file,
      line,
      problem,
    }));
    return { ok: false, faults: inOrder(faults) };
  }
  const result = checkConfigValue({ value: document.value, directory: dirname(file), env });
  if (result.ok) return result;
  const faults = result.faults.map(({ path, problem, variable }): Fault => {
    if (variable !== undefined) return { path: variable, problem };
    const line = document.lineOf(path);
    return { path: pathText(path), file, ...(line !== undefined && { line }), problem };
  });
  return { ok: false, faults: inOrder(faults) };
}

function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

interface ValueFault extends UnplacedFault {
  /** The environment variable to blame, if it is not the file. */
  readonly variable?: string;
}

export interface CheckValueOptions {
  /** What a YAML reader makes of a file. */
  readonly value: unknown;
  /** Where paths of secrets start. */
  readonly directory: string;
  readonly env: Environment;
}

/** The same for a configuration that is read already. */
export function checkConfigValue(
  options: CheckValueOptions,
):
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly faults: readonly ValueFault[] } {
  if (!isMapping(options.value))
    return { ok: false, faults: [{ path: [], problem: notMapping(options.value) }] };
  const { value, variableOf } = overlayEnvironment(options.value, options.env);
  const checked = v.safeParse(configSchema, value);
  // Whatever is wrong with the catalog, the settings are looked at as a whole, and the other way round.
  const ofSettings = checked.success ? checked : v.safeParse(settingsSchema, settingsPart(value));
  const settings = ofSettings.success ? toSettings(ofSettings.output) : undefined;
  const faults = [
    ...schemaFaults(checked.issues ?? []),
    ...referenceFaults(value),
    ...catalogPlaceFaults(value),
    ...(settings === undefined ? [] : settingsFaults(settings)),
  ];
  if (checked.success && settings !== undefined && faults.length === 0) {
    return { ok: true, config: { settings, declaration: toDeclaration(checked.output, options.directory) } };
  }
  return {
    ok: false,
    faults: firstOfEachPath(faults).map((fault) => {
      const variable = variableOf(fault.path);
      return variable === undefined ? fault : { ...fault, variable };
    }),
  };
}

function settingsPart(value: unknown): Record<string, unknown> {
  const entries = Object.entries(isMapping(value) ? value : {});
  return Object.fromEntries(entries.filter(([key]) => Object.hasOwn(settingsEntries, key)));
}

function notMapping(value: unknown): string {
  if (value === null || value === undefined) return 'is empty; expected a mapping of keys to values';
  return `is ${Array.isArray(value) ? 'a list' : 'plain text'}; expected a mapping of keys to values`;
}

interface Issue {
  readonly message: string;
  readonly path?: readonly { readonly key: unknown }[] | undefined;
}

function schemaFaults(issues: readonly Issue[]): readonly UnplacedFault[] {
  return issues.map(({ message, path }) => ({ path: (path ?? []).map(toStep), problem: message }));
}

function toStep({ key }: { readonly key: unknown }): PathStep {
  return typeof key === 'number' ? key : String(key);
}

/** A value that breaks two rules of its own is told once: the first rule is the one to mend first. */
function firstOfEachPath(faults: readonly UnplacedFault[]): readonly UnplacedFault[] {
  const byPath = new Map<string, UnplacedFault>();
  for (const fault of faults) {
    const path = pathText(fault.path);
    if (!byPath.has(path)) byPath.set(path, fault);
  }
  return [...byPath.values()];
}
