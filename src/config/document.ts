import { type Document, LineCounter, parseDocument } from 'yaml';
import { conversionFault, repeatedKeys } from './document-faults.ts';
import { offsetOf, pathAt } from './document-places.ts';
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

/** Reads YAML 1.2 with merge keys. Duplicate keys, several documents and unknown tags are faults. Never throws for any text. */
export function readDocument(text: string): ConfigDocument | { readonly faults: readonly SyntaxFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    merge: true,
    // Keys are names here, so `007: ...` is the key 007, not 7.
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  // One slip of the pen often raises several errors on its line: the first tells.
  const faults = new Map<number, SyntaxFault>();
  const add = (offset: number, problem: string): void => {
    const { line } = lines.linePos(offset);
    if (!faults.has(line))
      faults.set(line, { path: pathAt(document, offset), line: Math.max(1, line), problem });
  };
  for (const { code, pos } of [...document.errors, ...document.warnings]) add(pos[0], syntaxProblem(code));
  for (const { offset, problem } of repeatedKeys(document)) add(offset, problem);
  const value = faults.size === 0 ? converted(document) : undefined;
  if (value === undefined && faults.size === 0) {
    const { offset, problem } = conversionFault(document);
    add(offset, problem);
  }
  if (value === undefined) return { faults: [...faults.values()] };
  return {
    value: value.value,
    lineOf: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

/** Undefined where aliases or merges can't be followed, which is all that the conversion throws for. */
function converted(document: Document.Parsed): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: maxAliasUses }) };
  } catch {
    return undefined;
  }
}
