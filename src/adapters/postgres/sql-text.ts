import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, 'sql');

const migrationName = /^(\d{3})-.+\.sql$/;

/** The text of one of this adapter's SQL files, `name` without its ending, for the tables of a schema. */
export function sqlText(name: string, schema: string): string {
  return inSchema(readFileSync(join(directory, `${name}.sql`), 'utf8'), schema);
}

/** A numbered step of the schema's history. */
export interface Migration {
  /** From 1, without a gap. */
  readonly version: number;
  readonly name: string;
  readonly text: string;
}

/** All migrations in order. Throws where their numbers have a gap. */
export function migrations(schema: string): readonly Migration[] {
  const names = readdirSync(join(directory, 'migrations')).sort();
  return names.map((name, index) => {
    const version = Number(migrationName.exec(name)?.[1]);
    if (version !== index + 1) throw new Error(`unexpected migration ${name}`);
    const text = readFileSync(join(directory, 'migrations', name), 'utf8');
    return { version, name, text: inSchema(text, schema) };
  });
}

/** A name as SQL takes it, whatever it holds. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * The schema stands in every statement and not in the session's search_path: a pooler between here and the server may hand each
 * statement to another session.
 */
function inSchema(text: string, schema: string): string {
  return text.replaceAll(':schema', () => quotedName(schema));
}
