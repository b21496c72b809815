import { cpus, release, totalmem } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.version,
  };
}

export function machineText({ processor, cores, memoryGb, kernel, node }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, Node.js ${node}`;
}
