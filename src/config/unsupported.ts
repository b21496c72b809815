import type { UnplacedFault } from './fault.ts';
import { isMapping } from './schema/mismatch.ts';

/** Keys whose meaning is settled and whose adapters are still to come. Refused, so that nobody believes them in force. */
export function unsupportedFaults(config: unknown): readonly UnplacedFault[] {
  const unsupported = (section: string, key: string, instead: string): readonly UnplacedFault[] => {
    const value = sectionOf(config, section)[key];
    if (value === undefined || value === null || value === 'file') return [];
    return [
      { path: [section, key], problem: `is not supported by this version yet; leave it out: ${instead}` },
    ];
  };
  return [
    ...unsupported('state', 'redis_url', 'state lives in this process'),
    ...unsupported('ledger', 'database_url', 'usage is booked in the SQLite file at ledger.path'),
    ...unsupported('catalog', 'source', 'the catalog comes from this file'),
  ];
}

function sectionOf(config: unknown, section: string): Record<string, unknown> {
  const value = isMapping(config) ? config[section] : undefined;
  return isMapping(value) ? value : {};
}
