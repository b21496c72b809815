import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { Fault } from './fault.ts';
import { type Config, parseConfig } from './parse.ts';
import { readConfigFile } from './read-file.ts';

/** A valid configuration and the text it was read from. */
export interface LoadedConfig extends Config {
  /** As it was given. */
  readonly file: string;
  readonly text: string;
}

export type LoadResult =
  | { readonly ok: true; readonly config: LoadedConfig }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads and checks a file, the environment on top of it. Never throws for what is in the file or where it should be. */
export function loadConfig({ file, env }: { readonly file: string; readonly env: Environment }): LoadResult {
  const read = readConfigFile(resolve(file));
  if ('problem' in read) return { ok: false, faults: [{ path: '', file, problem: read.problem }] };
  const { text } = read;
  const result = parseConfig({ text, file, env });
  if (!result.ok) return { ok: false, faults: result.faults };
  return { ok: true, config: { ...result.config, file, text } };
}
