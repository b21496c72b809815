import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** 10,000 accounts take about 2.5 MB; a file beyond this is not a configuration. */
const maxConfigBytes = 8 * 1024 * 1024;

/** A file's text, or what is wrong with the file, to be read after its path: `does not exist`. */
export type FileReading = { readonly text: string } | { readonly problem: string };

/** The text of a configuration file. Never throws. */
export function readConfigFile(path: string): FileReading {
  return readTextFile(path, maxConfigBytes);
}

/** The UTF-8 text of a regular file of at most `maxBytes`. Never throws, and never waits for a pipe's other end. */
export function readTextFile(path: string, maxBytes: number): FileReading {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (stat.isDirectory()) return { problem: 'is a directory; expected a file' };
    if (!stat.isFile()) return { problem: 'is not a regular file' };
    if (stat.size > maxBytes) return { problem: `is ${stat.size} bytes long; at most ${maxBytes} are read` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    return { problem: readProblem(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text';
  return `can't be read (${typeof code === 'string' ? code : 'unknown error'})`;
}
