import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { PathStep } from './fault.ts';
import { syntaxProblem } from './syntax-problem.ts';

/** A YAML file's content, and where in the file each part of it stands. */
export interface ConfigDocument {
  readonly value: unknown;
  /** 1-based line of the deepest part of the path that is in the file. */
  lineOf(path: readonly PathStep[]): number | undefined;
}

export interface SyntaxFault {
  readonly path: readonly PathStep[];
  readonly line: number;
  readonly problem: string;
}

/** Anchors are fine (and `<<` merges them); this many uses of them are a file made to exhaust memory. */
const maxAliasUses = 100_000;

/** Reads YAML 1.2 with merge keys. Duplicate keys, several documents and unknown tags are faults. */
export function readDocument(text: string): ConfigDocument | { readonly faults: readonly SyntaxFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    merge: true,
    // Keys are names here, so `007: ...` is the key 007, not 7.
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  // One slip of the pen often raises several errors on its line: the first tells.
  const faults = new Map<number, SyntaxFault>();
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    const { line } = lines.linePos(pos[0]);
    if (faults.has(line)) continue;
    faults.set(line, { path: pathAt(document, pos[0]), line, problem: syntaxProblem(code) });
  }
  if (faults.size > 0) return { faults: [...faults.values()] };
  try {
    return {
      value: document.toJS({ maxAliasCount: maxAliasUses }),
      lineOf: (path) => {
        const offset = offsetOf(document, path);
        return offset === undefined ? undefined : lines.linePos(offset).line;
      },
    };
  } catch (error) {
    // The only thing toJS throws for: too many aliases, or one that holds itself.
    if (!(error instanceof ReferenceError)) throw error;
    return { faults: [{ path: [], line: 1, problem: 'uses its anchors too often to be read' }] };
  }
}

/** Where the deepest part of a path begins that the file has. */
function offsetOf(document: Document.Parsed, path: readonly PathStep[]): number | undefined {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0];
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

/** The path of what stands at an offset: at each level the last part that begins at it or before. */
function pathAt(document: Document.Parsed, offset: number): readonly PathStep[] {
  const path: PathStep[] = [];
  let node: unknown = document.contents;
  for (;;) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => (startOf(key) ?? Number.POSITIVE_INFINITY) <= offset);
      if (pair === undefined || !isScalar(pair.key)) return path;
      path.push(String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node)) {
      const index = node.items.findLastIndex((item) => (startOf(item) ?? Number.POSITIVE_INFINITY) <= offset);
      if (index === -1) return path;
      path.push(index);
      node = node.items[index];
    } else {
      return path;
    }
  }
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
