/**
 * Writes dist/, from which an image starts: all of src, gen and the packages, in one file for what every start needs and one for each
 * part that is loaded on demand. Started from 350 files of its own and 340 of packages, remora is twice as long in getting ready
 * (Node resolves, reads and links each), and 10 MB larger. What is no code stays where it is, as do the packages that want to.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');

export interface BuildOptions {
  /** Where it is written to; nothing else is left there. Default: dist/. */
  readonly directory?: string;
  /** The directory whose src/ it finds its SQL and Lua in. Default: the repository's root. */
  readonly besides?: string;
}

/** Rejects where the code does not hold together; what was built before is there still. */
export async function build({
  directory = join(root, 'dist'),
  besides = root,
}: BuildOptions = {}): Promise<void> {
  const warnings: string[] = [];
  const bundle = await rolldown({
    input: join(root, 'src/main.js'),
    platform: 'node',
    // Reads files that stand beside it; and pg asks for a native twin that it can do without.
    external: ['@grpc/reflection', 'pg-native'],
    plugins: [ownDirectory(directory, besides)],
    onLog: (level, { message }) => {
      if (level === 'warn') warnings.push(message);
    },
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
  mkdirSync(directory, { recursive: true });
  for (const file of output)
    writeFileSync(join(directory, file.fileName), file.type === 'chunk' ? file.code : file.source);
  const written = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(directory)) if (!written.has(name)) rmSync(join(directory, name));
}

/** What is built finds what stands beside its source. */
function ownDirectory(directory: string, besides: string): Plugin {
  const sources = join(root, 'src');
  return {
    name: 'own-directory',
    transform: {
      filter: { id: /\.[jt]s$/, code: 'import.meta' },
      handler(code, id) {
        if (!id.startsWith(sources)) return null;
        if (/import\.meta\.(?!dirname\b)/.test(code))
          throw new Error(`${id}: a file that is built has its directory alone, import.meta.dirname`);
        const own = relative(directory, join(besides, relative(root, dirname(id)))).replaceAll('\\', '/');
        return code.replaceAll('import.meta.dirname', `(import.meta.dirname + '/${own}')`);
      },
    },
  };
}

if (import.meta.main) await build();
