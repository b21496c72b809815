import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from '../root.ts';

export interface PinnedOptions {
  /** The only core it may run on, with all its threads. */
  readonly core: number;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** On top of a bare environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether messages can be exchanged with it. Default false. */
  readonly messages?: boolean;
}

/** A child process on one core. */
export interface PinnedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote to its standard error. */
  stderr(): string;
  /** The next line of its output that `reads` makes something of. Rejects with its last words if it ends before. */
  line<Result>(reads: (line: string) => Result | undefined): Promise<Result>;
  /** Asks it to end and waits until it has; after ten seconds it is killed. */
  stop(): Promise<void>;
}

/** Those that run. */
const running = new Set<ChildProcess>();
let isWatching = false;

/** Whoever ends this process ends those it started, too: a server left behind would take its core from the next run. */
function endTogether(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)
    process.once(signal, () => process.exit(128 + number));
}

/** Starts a process with `taskset`, which gives its place, and its id, to the program. */
export function startPinned({ core, command, env = {}, messages = false }: PinnedOptions): PinnedProcess {
  const child = spawn('taskset', ['-c', String(core), ...command], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(messages ? (['ipc'] as const) : [])],
  });
  endTogether();
  running.add(child);
  child.once('exit', () => running.delete(child));
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('a child process without its output');
  let lastWords = '';
  let rest = '';
  const readers = new Set<(line: string) => void>();
  stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const read of readers) read(line);
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-4096);
  });
  const ended = Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => {
      throw new Error(`cannot start ${command[0]} on core ${core} by taskset: ${error.message}`);
    }),
  ]);
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    child,
    stderr: () => lastWords,
    line: (reads) =>
      new Promise((resolve, reject) => {
        readers.add(function read(line) {
          const result = reads(line);
          if (result === undefined) return;
          readers.delete(read);
          resolve(result);
        });
        ended.then(() => reject(new Error(lastWords.trim() || `${command[0]} ended early`)), reject);
      }),
    async stop() {
      const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.kill('SIGTERM');
      await ended.catch(() => undefined);
      clearTimeout(impatience);
    },
  };
}
