import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const mayEnter = 0o001;
const mayWrite = 0o022;

/**
 * A package's directory as every user can reach it: itself, or a copy that is made once for each version and kept. What root checks out
 * below its home, or in a directory that `mktemp -d` made, no other user may enter.
 */
export function reachable(packageDirectory: string): string {
  if (isOpen(packageDirectory)) return packageDirectory;
  const { name, version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  const copy = join(tmpdir(), `remora-${name.replace('@', '').replace('/', '-')}-${version}`);
  if (!exists(copy)) makeCopy(packageDirectory, copy);
  const { uid, mode } = statSync(copy);
  // Its programs are about to be run.
  if (uid !== process.getuid?.() || (mode & mayWrite) !== 0)
    throw new Error(`${copy} is somebody else's, or others may write to it: remove it`);
  return copy;
}

function isOpen(directory: string): boolean {
  for (let path = realpathSync(directory); ; path = dirname(path)) {
    if ((statSync(path).mode & mayEnter) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

/** Whole or not at all, whoever else makes it. */
function makeCopy(from: string, to: string): void {
  const part = mkdtempSync(`${to}-`);
  try {
    const copy = join(part, 'package');
    cpSync(from, copy, { recursive: true, verbatimSymlinks: true });
    open(copy);
    for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true }))
      if (!entry.isSymbolicLink()) open(join(entry.parentPath, entry.name));
    renameSync(copy, to);
  } catch (error) {
    if (!exists(to)) throw error;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** Lets everybody do what the owner may, but write. */
function open(path: string): void {
  const { mode } = statSync(path);
  const owners = (mode & 0o500) >> 6;
  chmodSync(path, (mode & ~mayWrite) | (owners << 3) | owners);
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
