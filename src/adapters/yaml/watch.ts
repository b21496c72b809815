import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, Timer } from '../../ports/clock.ts';

export interface FileWatchOptions {
  readonly clock: Clock;
  /** How often the files are looked at without any event, in ms: network file systems send none. */
  readonly pollMs: number;
  /** A change is told once the files have stayed the same for this long, in ms, so that no half-written file is read. */
  readonly settleMs?: number;
  /** Runs after a change of any of the files: its content, its permissions, its coming and going. */
  readonly onChange: () => void;
}

/**
 * Watches files by way of their directories: editors and Kubernetes replace a file or a symbolic link on the way to it, and a
 * watch on the file itself would then stay with the old one. Events only say "look"; what counts is whether the file's identity,
 * size or times have changed. Never keeps the process alive.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #settleMs: number;
  readonly #directories = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();
  #paths: readonly string[] = [];
  /** As last told to the listener. */
  #told = '';
  /** As at the last look, while a change settles. */
  #seen = '';
  #settling: Timer | undefined;
  #polling: Timer | undefined;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#settleMs = options.settleMs ?? 100;
  }

  /** Watches these files from now on, as they are now. They need not exist. */
  watch(paths: readonly string[]): void {
    if (this.#closed) return;
    this.#paths = [...new Set(paths)];
    this.#told = this.#look();
    this.#watchDirectories();
    if (this.#polling === undefined && this.#paths.length > 0) this.#poll();
  }

  close(): void {
    this.#closed = true;
    this.#settling?.cancel();
    this.#polling?.cancel();
    for (const { watcher } of this.#directories.values()) watcher.close();
    this.#directories.clear();
  }

  #poll(): void {
    this.#polling = this.#options.clock.schedule(this.#options.pollMs, () => {
      if (this.#closed) return;
      this.#watchDirectories();
      this.#startSettling();
      this.#poll();
    });
  }

  #startSettling(): void {
    if (this.#closed || this.#settling !== undefined) return;
    this.#seen = this.#look();
    // Most events in a directory are other files' affair.
    if (this.#seen !== this.#told) this.#settle();
  }

  #settle(): void {
    this.#settling = this.#options.clock.schedule(this.#settleMs, () => {
      this.#settling = undefined;
      if (this.#closed) return;
      const now = this.#look();
      if (now === this.#told) return;
      if (now !== this.#seen) {
        this.#seen = now;
        this.#settle();
        return;
      }
      this.#told = now;
      this.#options.onChange();
    });
  }

  /**
   * Whether a write to what the event names can be one to a watched file. A ledger beside the file is written to thousands of times a
   * second, and a look at each time cost 4 us. What is renamed may be a link on the way to a file, whatever its name.
   */
  #mayConcern(directory: string, name: string | null): boolean {
    if (name === null || name === basename(directory)) return true;
    return this.#paths.some((path) => basename(path) === name);
  }

  #look(): string {
    return this.#paths.map(signature).join('\n');
  }

  /** Opens what is not watched yet, also where a directory was replaced, and closes what is no longer needed. */
  #watchDirectories(): void {
    const wanted = new Set(this.#paths.map((path) => dirname(path)));
    for (const [directory, { watcher, identity }] of this.#directories) {
      if (wanted.has(directory) && identityOf(directory) === identity) continue;
      watcher.close();
      this.#directories.delete(directory);
    }
    for (const directory of wanted) {
      if (!this.#directories.has(directory)) this.#watchDirectory(directory);
    }
  }

  #watchDirectory(directory: string): void {
    try {
      const identity = identityOf(directory);
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        if (event === 'rename' || this.#mayConcern(directory, name)) this.#startSettling();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#directories.delete(directory);
      });
      this.#directories.set(directory, { watcher, identity });
    } catch {
      // No such directory yet, or the system is out of watches: the poll sees changes, and tries again.
    }
  }
}

/** Changes with a file's content, permissions and identity; symbolic links are followed. */
function signature(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return 'absent';
    return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  }
}

function identityOf(directory: string): string {
  const stat = statSync(directory, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.dev}:${stat.ino}`;
}
