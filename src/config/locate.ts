import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** The configuration that ships with remora: it works as it is, with placeholder secrets. */
export const exampleConfigFile = join(import.meta.dirname, '../../examples/remora.yaml');

export interface LocatedConfig {
  readonly file: string;
  /** Who named it; `example` wants a line in the log. */
  readonly by: 'argument' | 'environment' | 'working_directory' | 'example';
}

export interface LocateOptions {
  /** The value of --config, if it was given. */
  readonly argument?: string | undefined;
  readonly env: Environment;
  readonly workingDirectory: string;
}

/**
 * The file to read: --config, else REMORA_CONFIG, else remora.yaml in the working directory, else the example. The first two are
 * taken at their word, so that a wrong one is a fault and not silently another file.
 */
export function locateConfig({ argument, env, workingDirectory }: LocateOptions): LocatedConfig {
  if (argument !== undefined) return { file: argument, by: 'argument' };
  const named = env.REMORA_CONFIG;
  if (named !== undefined && named !== '') return { file: named, by: 'environment' };
  const own = join(workingDirectory, 'remora.yaml');
  return existsSync(own)
    ? { file: own, by: 'working_directory' }
    : { file: exampleConfigFile, by: 'example' };
}
