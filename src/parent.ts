import { readFileSync } from 'node:fs';

const checkEveryMs = 250;

/**
 * Runs `gone` once the process that started this one has ended. Under `npm start` a shell may stand between npm and this process:
 * a SIGTERM ends the two and goes no further, a SIGKILL ends npm and leaves the shell. Without this the server would stay behind
 * in both cases, with its ports and its ledger.
 */
export function onParentGone(gone: () => void): void {
  const before = starters();
  const timer = setInterval(() => {
    if (starters() === before) return;
    clearInterval(timer);
    gone();
  }, checkEveryMs);
  timer.unref();
}

/** The ids of the parent and, where that is npm's shell, of its parent: they change when one of them ends. */
function starters(): string {
  const parent = process.ppid;
  return `${parent} ${shellsParent(parent)}`;
}

/** Undefined where the process is no `sh`, and where there is no /proc (there the shell gives its place to this process). */
function shellsParent(pid: number): string | undefined {
  try {
    // "12 (sh) S 11 ...": the id, the name, the state, the parent's id.
    return /^\d+ \(sh\) \S+ (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
