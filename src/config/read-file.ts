import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** 10,000 accounts take about 2.5 MB; a file beyond this is not a configuration. */
const maxFileBytes = 8 * 1024 * 1024;

/** The text of a configuration file, or a sentence that says why there is none. */
export function readConfigFile(path: string): { readonly text: string } | { readonly problem: string } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (stat.isDirectory()) return { problem: 'is a directory; expected a YAML file' };
    if (!stat.isFile()) return { problem: 'is not a regular file' };
    if (stat.size > maxFileBytes) {
      return {
        problem: `is ${mebibytes(stat.size)} long; a configuration is at most ${mebibytes(maxFileBytes)}`,
      };
    }
    const bytes = readFileSync(file);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { problem: readProblem(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Why a file could not be read, in words; system errors have a code, text that is not UTF-8 an error of its own. */
export function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a directory';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `can't be read (${typeof code === 'string' ? code : 'unknown error'})`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
