import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A V8 CPU profile, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The node that was running at each sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** Time spent in one place itself, without what it called. */
export interface SelfTime {
  readonly name: string;
  /** `src`, `gen`, a package, `node`, or V8's own `(garbage collector)`. */
  readonly owner: string;
  readonly micros: number;
}

export interface ProfileSummary {
  /** Without idle time. */
  readonly busyMicros: number;
  /** Longest first. */
  readonly owners: readonly SelfTime[];
  /** By function and where it begins. Longest first. */
  readonly functions: readonly SelfTime[];
}

/** Self time by function and by owner. `root`: the repository, an absolute path. */
export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile, root: string): ProfileSummary {
  const placeOf = new Map(nodes.map(({ id, callFrame }) => [id, placeOfFrame(callFrame, root)] as const));
  const owners = new Map<string, SelfTime>();
  const functions = new Map<string, SelfTime>();
  let busyMicros = 0;
  for (const [index, sample] of samples.entries()) {
    const place = placeOf.get(sample);
    const micros = timeDeltas[index] ?? 0;
    if (place === undefined || place.owner === '(idle)') continue;
    busyMicros += micros;
    add(owners, { ...place, name: place.owner, micros });
    add(functions, { ...place, micros });
  }
  return { busyMicros, owners: longestFirst(owners), functions: longestFirst(functions) };
}

function placeOfFrame({ functionName, url, lineNumber }: ProfileNode['callFrame'], root: string) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return { owner: name.startsWith('(') ? name : 'native', name };
  if (!url.startsWith('file:')) return { owner: 'node', name: `${name} ${url}:${lineNumber + 1}` };
  const path = relative(root, fileURLToPath(url));
  return { owner: ownerOf(path), name: `${name} ${path}:${lineNumber + 1}` };
}

function ownerOf(path: string): string {
  const [first = '', ...rest] = path.split('/');
  if (first !== 'node_modules') return first;
  return rest[0]?.startsWith('@') ? `${rest[0]}/${rest[1]}` : (rest[0] ?? first);
}

function add(times: Map<string, SelfTime>, time: SelfTime): void {
  const key = `${time.owner} ${time.name}`;
  times.set(key, { ...time, micros: time.micros + (times.get(key)?.micros ?? 0) });
}

function longestFirst(times: ReadonlyMap<string, SelfTime>): readonly SelfTime[] {
  return [...times.values()].sort((a, b) => b.micros - a.micros);
}
