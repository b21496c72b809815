import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, RecencyMap } from '../../../../src/adapters/memory/recency-map.ts';

interface Node extends Linked<Node> {
  readonly key: string;
}

const node = (key: string): Node => ({ key, older: undefined, newer: undefined });

describe('a map in order of use', () => {
  it('keeps the order a list would, through every use and loss', () => {
    const step = fc.record({ use: fc.boolean(), key: fc.constantFrom('a', 'b', 'c', 'd', 'e') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new RecencyMap<Node>();
        let expected: string[] = [];
        for (const { use, key } of steps) {
          const known = map.get(key);
          expect(known !== undefined).toBe(expected.includes(key));
          if (use && known === undefined) map.add(node(key));
          else if (use) map.touch(known!);
          else if (known !== undefined) map.delete(known);
          expected = [...expected.filter((other) => other !== key), ...(use ? [key] : [])];
          expect(order(map)).toEqual(expected);
          expect(map.size).toBe(expected.length);
        }
      }),
    );
  });

  it('loses a node once, and lets go of its neighbours', () => {
    const map = new RecencyMap<Node>();
    const nodes = ['a', 'b', 'c'].map(node);
    for (const each of nodes) map.add(each);
    map.delete(nodes[1]!);
    map.delete(nodes[1]!);
    expect(order(map)).toEqual(['a', 'c']);
    expect([nodes[1]!.older, nodes[1]!.newer]).toEqual([undefined, undefined]);
  });

  it('tells what a key has by now, though it was asked for before', () => {
    const map = new RecencyMap<Node>();
    const [first, second] = [node('a'), node('a')];
    expect(map.get('a')).toBeUndefined();
    map.add(first);
    expect(map.get('a')).toBe(first);
    map.delete(first);
    expect(map.get('a')).toBeUndefined();
    map.add(second);
    expect(map.get('a')).toBe(second);
  });
});

function order(map: RecencyMap<Node>): readonly string[] {
  const keys: string[] = [];
  for (let each = map.oldest; each !== undefined; each = each.newer) keys.push(each.key);
  return keys;
}
