// Fails if the contract in proto/ breaks its callers, compared with main. The base is read with `git archive`, so nothing
// but proto/ is looked at, and a worktree or a detached checkout does as well as a branch.
import { spawnSync } from 'node:child_process';
import { root, runBuf } from './buf.ts';

/** A git command's bare output; undefined where it fails or there is no git. */
function git(...args: string[]): Buffer | undefined {
  const run = spawnSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
  return run.status === 0 ? run.stdout : undefined;
}

function commit(revision: string): string | undefined {
  return git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`)?.toString().trim();
}

/**
 * The commit to compare with: where this work left main. On main itself that is HEAD for what is not committed yet, and
 * else the commit before it, so that main is checked too. Undefined where the clone does not reach that far.
 */
function baseCommit(): string | undefined {
  const head = commit('HEAD');
  const main = commit('origin/main') ?? commit('main');
  if (!head || !main) return undefined;
  const base = git('merge-base', head, main)?.toString().trim() ?? main;
  const unchanged = git('status', '--porcelain', '--', 'proto')?.length === 0;
  return base === head && unchanged ? commit('HEAD^1') : base;
}

const base = baseCommit();
const files = base && git('ls-tree', '-r', '--name-only', base, '--', 'proto')?.toString();
const archive = files ? git('archive', '--format=tar', base, 'proto') : undefined;
if (!archive) {
  console.log(
    `Breaking-change check skipped: ${base ? `no proto/ in main at ${base}` : 'no earlier commit of main here'}.`,
  );
} else {
  const check = runBuf(['breaking', 'proto', '--against', '-#format=tar,subdir=proto'], { stdin: archive });
  if (!check.ok) {
    console.error(`The contract breaks callers of main (${base}):\n${check.output}`);
    process.exitCode = 1;
  }
}
