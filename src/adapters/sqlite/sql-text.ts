import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The directory of this adapter's SQL files. */
export const sqlDirectory = join(import.meta.dirname, 'sql');

/** The text of one of them, `name` without its ending. Throws where there is none. */
export function sqlText(name: string): string {
  return readFileSync(join(sqlDirectory, `${name}.sql`), 'utf8');
}

/** The statements of one of them that holds several, in order. Each ends its last line with a semicolon. */
export function sqlStatements(name: string): string[] {
  return sqlText(name)
    .split(/(?<=;)\n/)
    .filter((statement) => statement.trim() !== '');
}
