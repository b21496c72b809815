/**
 * Writes dist/, from which an image starts: all of src, gen and the packages, in one file for what every start needs and one for each
 * part that is loaded on demand. Started from 350 files of its own and 340 of packages, remora is twice as long in getting ready
 * (Node resolves, reads and links each), and 10 MB larger. What is no code stays where it is, as do the packages that want to.
 */
import { rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** A file in dist/ finds what stands beside its source. */
const ownDirectory: Plugin = {
  name: 'own-directory',
  transform: {
    filter: { id: /[\\/]src[\\/].*\.ts$/, code: 'import.meta.dirname' },
    handler(code, id) {
      const fromDist = relative(dist, dirname(id)).replaceAll('\\', '/');
      return code.replaceAll('import.meta.dirname', `(import.meta.dirname + '/${fromDist}')`);
    },
  },
};

/** Writes it to `directory`, in which nothing else is left. Rejects where the code does not hold together. */
export async function build(directory = dist): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  const bundle = await rolldown({
    input: join(root, 'src/main.js'),
    platform: 'node',
    // Reads files that stand beside it; and pg asks for a native twin that it can do without.
    external: ['@grpc/reflection', 'pg-native'],
    plugins: [ownDirectory],
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await bundle.write({ dir: directory, format: 'esm' });
  await bundle.close();
}

if (import.meta.main) await build();
