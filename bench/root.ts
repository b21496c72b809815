import { join } from 'node:path';

/** The repository's root, an absolute path. */
export const root = join(import.meta.dirname, '..');
