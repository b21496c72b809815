import { buildCatalog } from '../../../src/catalog/build.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { CredentialReader } from '../../../src/config/credentials.ts';
import type { Environment } from '../../../src/config/environment.ts';
import { formatFault } from '../../../src/config/fault.ts';
import { type Config, parseConfig } from '../../../src/config/parse.ts';

/** A text that has to be valid. */
export function parsed(text: string, env: Environment = {}): Config {
  const result = parseConfig({ text, file: '/etc/remora/remora.yaml', env });
  if (!result.ok) throw new Error(result.faults.map(formatFault).join('\n'));
  return result.config;
}

/** The faults of a text that has to have some, each as `line path: problem`. */
export function faultLines(text: string, env: Environment = {}): readonly string[] {
  const result = parseConfig({ text, file: 'remora.yaml', env });
  if (result.ok) throw new Error('the configuration is valid');
  return result.faults.map(({ line, path, problem }) => `${line ?? '-'} ${path}: ${problem}`);
}

/** The catalog of a text that has to be valid. */
export function catalogFrom(text: string, env: Environment = {}): Catalog {
  const readCredential = new CredentialReader(env).read;
  return buildCatalog(parsed(text, env).declaration, { version: 1, readCredential });
}
