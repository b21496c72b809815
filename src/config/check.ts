import { buildCatalog } from '../catalog/build.ts';
import { CredentialReader } from './credentials.ts';
import type { Environment } from './environment.ts';
import { formatFault } from './fault.ts';
import { loadConfig } from './load.ts';

/** Where `remora check` writes, e.g. standard output. */
export interface CheckOutput {
  write(text: string): unknown;
}

/**
 * Checks a configuration as a start would, environment included, and tells the outcome in lines. Gives the exit code: 0 where it
 * is valid (accounts whose credential can't be read here are warned of), 1 with a line per fault otherwise.
 */
export function checkConfig(path: string, env: Environment, out: CheckOutput): 0 | 1 {
  const result = loadConfig({ file: path, env });
  if (!result.ok) {
    for (const fault of result.faults) out.write(`${formatFault(fault)}\n`);
    out.write(`${path}: ${count(result.faults.length, 'fault')}\n`);
    return 1;
  }
  const { declaration } = result.config;
  const catalog = buildCatalog(declaration, { version: 1, readCredential: new CredentialReader(env).read });
  for (const { id, statusReason } of catalog.accounts.values()) {
    if (statusReason !== '')
      out.write(`warning: account ${JSON.stringify(id)} would not serve: ${statusReason}\n`);
  }
  const counts = [
    count(catalog.groups.size, 'group'),
    count(catalog.accounts.size, 'account'),
    count(declaration.models.length, 'model with fallbacks', 'models with fallbacks'),
    count(declaration.prices.size, 'price'),
  ];
  out.write(`${path}: OK: ${counts.join(', ')}\n`);
  return 0;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
