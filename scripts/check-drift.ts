// Fails if gen/ is not what proto/ generates: edited by hand, left behind by a changed contract, or by a newer plugin.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runBuf } from './buf.ts';

/** Contents by path below `dir`; none where it does not exist. */
function readTree(dir: string): Map<string, string> {
  const files = new Map<string, string>();
  if (!existsSync(dir)) return files;
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(dir.length + 1), readFileSync(path, 'utf8'));
  }
  return files;
}

/** One phrase for each file that differs, in the order of their names. */
function differences(committed: Map<string, string>, fresh: Map<string, string>): string[] {
  const paths = new Set([...committed.keys(), ...fresh.keys()]);
  return [...paths].sort().flatMap((path) => {
    if (!committed.has(path)) return [`gen/${path} is missing`];
    if (!fresh.has(path)) return [`gen/${path} comes from no proto file`];
    return committed.get(path) === fresh.get(path) ? [] : [`gen/${path} differs`];
  });
}

/** What is wrong with gen/; undefined where nothing is. Leaves nothing behind. */
function checkDrift(): string | undefined {
  const scratch = mkdtempSync(join(tmpdir(), 'remora-drift-'));
  try {
    const generated = runBuf(['generate', '--output', scratch]);
    if (!generated.ok) return `buf generate failed: ${generated.output}`;
    const found = differences(readTree(join(root, 'gen')), readTree(join(scratch, 'gen')));
    return found.length > 0
      ? `Generated code is out of date: ${found.join(', ')}. Run \`npm run generate\`.`
      : undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const fault = checkDrift();
if (fault) {
  console.error(fault);
  process.exitCode = 1;
}
