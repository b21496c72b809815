import type { UnplacedFault } from './fault.ts';
import { isMapping } from './schema/mismatch.ts';

const sections = ['groups', 'accounts', 'models', 'prices'];

/** A catalog has one place: a database that has to be named, and then nothing of it in the file, where it would have no effect. */
export function catalogPlaceFaults(config: unknown): readonly UnplacedFault[] {
  if (!isMapping(config) || keyOf(config.catalog, 'source') !== 'postgres') return [];
  const url = keyOf(config.ledger, 'database_url');
  const problem = 'is postgres, and no database is named; set ledger.database_url (REMORA_DATABASE_URL)';
  return [
    ...(url === undefined || url === null ? [{ path: ['catalog', 'source'], problem }] : []),
    ...sections
      .filter((section) => !isEmpty(config[section]))
      .map((section) => ({
        path: [section],
        problem: `has no effect while catalog.source is postgres; move it to the table ${section}, or leave it out`,
      })),
  ];
}

function keyOf(section: unknown, key: string): unknown {
  return isMapping(section) ? section[key] : undefined;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isMapping(value) && Object.keys(value).length === 0;
}
