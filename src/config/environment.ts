import type { PathStep } from './fault.ts';
import { isMapping } from './schema/mismatch.ts';

/** The process's environment, or as much of it as a test gives. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Override {
  readonly variable: string;
  readonly section: string;
  readonly key: string;
  /** Holds several values with commas between them. */
  readonly list?: boolean;
}

/** Which variable stands for which key. */
export const environmentOverrides: readonly Override[] = [
  { variable: 'REMORA_GRPC_LISTEN', section: 'listen', key: 'grpc', list: true },
  { variable: 'REMORA_HTTP_LISTEN', section: 'listen', key: 'http' },
  { variable: 'REMORA_REDIS_URL', section: 'state', key: 'redis_url' },
  { variable: 'REMORA_DATABASE_URL', section: 'ledger', key: 'database_url' },
  { variable: 'REMORA_LEDGER_PATH', section: 'ledger', key: 'path' },
  { variable: 'REMORA_NAMESPACE', section: 'state', key: 'namespace' },
  { variable: 'REMORA_LOG_LEVEL', section: 'log', key: 'level' },
];

export interface Overlaid {
  readonly value: unknown;
  /** The variable that a path's value came from; undefined: the file. */
  variableOf(path: readonly PathStep[]): string | undefined;
}

/**
 * The file's value with the environment's on top. An empty variable counts as not set. Where the file has something else than a
 * mapping in a section's place it is left as it is: the file's fault stands then.
 */
export function overlayEnvironment(value: unknown, env: Environment): Overlaid {
  if (!isMapping(value)) return { value, variableOf: () => undefined };
  const overlaid: Record<string, unknown> = { ...value };
  const applied: Override[] = [];
  for (const override of environmentOverrides) {
    const text = env[override.variable];
    if (text === undefined || text.trim() === '') continue;
    const section = overlaid[override.section] ?? {};
    if (!isMapping(section)) continue;
    overlaid[override.section] = { ...section, [override.key]: override.list ? splitList(text) : text };
    applied.push(override);
  }
  return {
    value: overlaid,
    variableOf: ([section, key]) =>
      applied.find((override) => override.section === section && override.key === key)?.variable,
  };
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
