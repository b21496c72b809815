import { readFileSync } from 'node:fs';

/*
 * What Linux tells of processes and cores under /proc. Times are in ticks of which there are 100 a second, whatever the kernel
 * counts in itself; over a round of seconds that is precise enough.
 */

/** Ticks a second in /proc. */
export const ticksPerSecond = 100;

/** User and system time of a process with all its threads, in seconds, from the text of /proc/PID/stat. */
export function parseProcessCpuSeconds(stat: string): number {
  // The second field is the name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const user = Number(fields[11]);
  const system = Number(fields[12]);
  if (!Number.isFinite(user + system)) throw new Error(`not the text of /proc/PID/stat: ${stat}`);
  return (user + system) / ticksPerSecond;
}

/** Resident memory of a process in bytes, from the text of /proc/PID/status. */
export function parseResidentBytes(status: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error('no VmRSS in /proc/PID/status');
  return Number(match[1]) * 1024;
}

export interface CoreTime {
  /** Seconds since the start of the machine in which the core did anything, stolen time included. */
  readonly busy: number;
  /** Of these, those a hypervisor gave to others. */
  readonly stolen: number;
}

/** What one core did, from the text of /proc/stat. */
export function parseCoreTime(stat: string, core: number): CoreTime {
  const line = stat.split('\n').find((each) => each.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`no core ${core} in /proc/stat`);
  const ticks = line.split(' ').slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = ticks;
  const busy = user + nice + system + irq + softirq + stolen;
  return { busy: busy / ticksPerSecond, stolen: stolen / ticksPerSecond };
}

export function processCpuSeconds(pid: number): number {
  return parseProcessCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

export function coreTime(core: number): CoreTime {
  return parseCoreTime(readFileSync('/proc/stat', 'latin1'), core);
}
