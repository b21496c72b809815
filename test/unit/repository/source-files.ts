import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** The repository's root, an absolute path. */
export const root = join(import.meta.dirname, '../../..');

export interface SourceFile {
  /** From the root, with forward slashes: `src/main.js`. */
  readonly path: string;
  readonly text: string;
}

/** What measurements leave there, and git does not keep. */
const results = 'bench/results/';

/** Every file below `folder`; none where there is no such folder. */
export function filesBelow(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return {
        path: path.slice(root.length + 1).replaceAll('\\', '/'),
        text: readFileSync(path, 'utf8'),
      };
    })
    .filter(({ path }) => !path.startsWith(results));
}

/** Every file of code below `folder`. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesBelow(folder).filter(({ path }) => /\.[jt]s$/.test(path));
}

/** Statements that import or re-export, types included, `import()` of a literal, and what is asked of Node by name. */
const imports =
  /^\s*(?:import|export)\b[^;'"`]*?\bfrom\s+'([^']+)'|^\s*import\s+'([^']+)'|\b(?:import|getBuiltinModule)\(\s*'([^']+)'/gm;

/** What a file imports: `node:fs`, `yaml`, or for a relative one its path from the root. */
export function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(imports)].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
  });
}
