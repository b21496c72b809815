import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { PathStep } from './fault.ts';

/** Where in the text the deepest part of a path begins that the document has. Aliases are followed. */
export function offsetOf(document: Document.Parsed, path: readonly PathStep[]): number | undefined {
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
export function pathAt(document: Document.Parsed, offset: number): readonly PathStep[] {
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

/** Where a node begins; undefined for what is no node. */
export function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
