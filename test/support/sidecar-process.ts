import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach } from 'vitest';
import { stringify } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** One line of the log. */
export type LogEntry = Readonly<Record<string, unknown>>;

export interface ReadyProcess {
  /** In the order of `listen.grpc`. */
  readonly grpc: readonly string[];
  /** `http://host:port`. */
  readonly httpUrl: string;
  readonly ready: LogEntry;
}

/** A sidecar as an operator starts it: a process of its own, known by its output alone. */
export interface SidecarProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  readonly output: { stdout: string; stderr: string };
  /** The next line of the log with this message, or one that was written already. Rejects if the process ends without it. */
  logged(message: string | RegExp): Promise<LogEntry>;
  readonly ready: Promise<ReadyProcess>;
  /** Resolves when the process has ended and its output is read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface StartProcessOptions {
  /** Arguments after `src/main.js`. */
  readonly args?: readonly string[];
  /** On top of a bare environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** The command and its arguments in place of `node src/main.js`. */
  readonly command?: readonly [string, ...string[]];
}

const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A directory that goes with the test. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'remora-process-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a configuration with listeners on free ports, a UNIX socket and a ledger in the directory; answers its path. */
export function writeConfig(directory: string, config: object = {}): string {
  const file = join(directory, 'remora.yaml');
  const text = stringify({
    listen: { grpc: ['127.0.0.1:0', `unix:${join(directory, 'remora.sock')}`], http: '127.0.0.1:0' },
    ledger: { path: join(directory, 'ledger.db') },
    ...config,
  });
  writeFileSync(file, text);
  return file;
}

/** Starts a process that the test's end kills, if it still runs. */
export function startProcess(options: StartProcessOptions): SidecarProcess {
  const { args = [], env = {}, workingDirectory, command } = options;
  const [executable, ...before] = command ?? [process.execPath, join(root, 'src/main.js')];
  const child = spawn(executable, [...before, ...args], {
    cwd: workingDirectory,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a command starts in its turn is killed with it at the end.
    detached: command !== undefined,
  });
  const output = { stdout: '', stderr: '' };
  const entries: LogEntry[] = [];
  const listeners = new Set<(entry: LogEntry) => void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('{'))) {
      const entry = JSON.parse(line) as LogEntry;
      entries.push(entry);
      for (const listener of listeners) listener(entry);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  cleanups.push(async () => {
    if (command === undefined) child.kill('SIGKILL');
    else killGroup(child.pid);
    await ended;
  });

  function logged(message: string | RegExp): Promise<LogEntry> {
    const fits = ({ msg }: LogEntry) =>
      typeof msg === 'string' && (typeof message === 'string' ? msg === message : message.test(msg));
    const known = entries.find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      listeners.add((entry) => {
        if (fits(entry)) resolve(entry);
      });
      void ended.then(() => reject(new Error(`ended without ${message}\n${output.stdout}${output.stderr}`)));
    });
  }

  const ready = logged('ready').then((entry) => ({
    grpc: entry.grpc as string[],
    httpUrl: `http://${entry.http}`,
    ready: entry,
  }));
  // A process that never gets ready is told of by whoever waits for it.
  ready.catch(() => undefined);
  return { child, output, logged, ready, ended };
}

/** The whole group that the process leads; nothing where all of it has ended. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
