import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The repository's root, an absolute path. */
export const root = join(import.meta.dirname, '..');

const bin = join(root, 'node_modules', '.bin');

/** How a run of buf ended. */
export interface BufResult {
  readonly ok: boolean;
  /** What it printed, on either stream, or why it did not start. */
  readonly output: string;
}

/**
 * Runs the buf of this repository from its root. The repository's tools come first on the PATH, since buf looks there
 * for its plugins: the scripts work the same under npm and by themselves.
 */
export function runBuf(args: readonly string[], options: { readonly stdin?: Buffer } = {}): BufResult {
  const run = spawnSync(join(bin, 'buf'), args, {
    cwd: root,
    env: { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) },
    encoding: 'utf8',
    stdio: 'pipe',
    ...(options.stdin && { input: options.stdin }),
  });
  if (run.error)
    return { ok: false, output: `buf does not start (${run.error.message}); run \`npm ci\` first` };
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}`.trim() };
}
