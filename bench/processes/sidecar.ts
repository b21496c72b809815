import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { build } from '../../scripts/build.ts';
import { heapFlags, tunablesText } from '../../src/node-options.js';
import { root } from '../root.ts';
import { type ServerProcess, startServer } from './server.ts';
import { type SidecarOptions, sidecarConfig } from './sidecar-config.ts';

export interface SidecarStart extends SidecarOptions {
  /** Where Node keeps compiled code between starts. */
  readonly compileCache: string;
  /** The file a CPU profile goes to as the process ends. Default: none is made. */
  readonly profile?: { readonly directory: string; readonly name: string };
  /** As `npm start` does. Default: only for a profile. */
  readonly fromSources?: boolean;
}

/** Not dist/, which a server may be running from. */
const builtDirectory = 'bench/results/built';
let built: Promise<void> | undefined;

/** Starts remora as an image does, from what is built, with a ledger of its own that goes as it stops. */
export async function startSidecar({
  compileCache,
  profile,
  fromSources = profile !== undefined,
  ...options
}: SidecarStart): Promise<ServerProcess> {
  if (!fromSources) {
    built ??= build({ directory: join(root, builtDirectory) });
    await built;
  }
  const directory = mkdtempSync(join(tmpdir(), 'remora-bench-'));
  // By itself, as in an installation: its directory is watched, and the ledger's is written to all the time.
  mkdirSync(join(directory, 'config'));
  const file = join(directory, 'config', 'remora.yaml');
  writeFileSync(file, stringify(sidecarConfig(directory, options), { aliasDuplicateObjects: false }));
  const clear = () => rmSync(directory, { recursive: true, force: true });
  const profiling =
    profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profile.directory}`, `--cpu-prof-name=${profile.name}.cpuprofile`];
  try {
    const server = await startServer({
      args: [
        ...profiling,
        ...(fromSources ? ['src/main.js'] : [...heapFlags, `${builtDirectory}/main.js`]),
        '--config',
        file,
      ],
      env: {
        NODE_COMPILE_CACHE: compileCache,
        ...(!fromSources && { GLIBC_TUNABLES: tunablesText() }),
      },
    });
    return { ...server, stop: () => server.stop().finally(clear) };
  } catch (error) {
    clear();
    throw error;
  }
}
