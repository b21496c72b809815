import { type Document, isAlias, isMap, isScalar, isSeq, visit } from 'yaml';
import { startOf } from './document-places.ts';
import { syntaxProblem } from './syntax-problem.ts';

/** Something wrong at a place of the text that the parser itself lets pass. */
export interface PlacedFault {
  readonly offset: number;
  readonly problem: string;
}

/**
 * Keys that their mapping has already. The parser could tell, but it compares each key with every other: 4 s for 20,000 users'
 * rates, where this takes 10 ms.
 */
export function repeatedKeys(document: Document.Parsed): readonly PlacedFault[] {
  const faults: PlacedFault[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name))
          faults.push({ offset: startOf(key) ?? 0, problem: syntaxProblem('DUPLICATE_KEY') });
        seen.add(name);
      }
    },
  });
  return faults;
}

/** Why a document that parses can't be made a value: an alias or a merge that is wrong, or too many of them. */
export function conversionFault(document: Document.Parsed): PlacedFault {
  const anchors = new Set<string>();
  let fault: PlacedFault | undefined;
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(key) || key.value !== '<<' || isMergeable(value)) return undefined;
      fault = {
        offset: startOf(key) ?? 0,
        problem: 'is not valid YAML: << merges mappings (*anchor) and nothing else',
      };
      return visit.BREAK;
    },
    Node(_key, node) {
      if (isAlias(node) && !anchors.has(node.source)) {
        fault = { offset: startOf(node) ?? 0, problem: syntaxProblem('BAD_ALIAS') };
        return visit.BREAK;
      }
      if (!isAlias(node) && node.anchor !== undefined) anchors.add(node.anchor);
      return undefined;
    },
  });
  return (
    fault ?? {
      offset: 0,
      problem: 'uses its anchors too often, within themselves, or to merge what is no mapping',
    }
  );
}

function isMergeable(value: unknown): boolean {
  return isMap(value) || isAlias(value) || (isSeq(value) && value.items.every(isMergeable));
}
