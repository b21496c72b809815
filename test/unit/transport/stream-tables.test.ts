import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../bench/simulation/random.ts';
import { StreamList, StreamTable } from '../../../src/transport/stream-tables.ts';

describe('a table of streams', () => {
  test('holds what a Map would after the same random steps, whatever ids share a place', () => {
    const random = createRandom(7);
    const [table, map] = [new StreamTable<object>(), new Map<number, object>()];
    for (let step = 0; step < 20_000; step += 1) {
      const id = 1 + random.below(90) * random.pick([1, 64]);
      const value = { step };
      if (random.next() < 0.5) {
        table.set(id, value);
        map.set(id, value);
      } else {
        expect(table.delete(id)).toBe(map.delete(id));
      }
      if (step % 997 === 0) expect(sorted(table)).toEqual(sorted(map));
      expect(table.get(id)).toBe(map.get(id));
      expect(table.size).toBe(map.size);
    }
  });

  test('shows all there were when asked, to one who ends them meanwhile', () => {
    const table = new StreamTable<string>();
    for (let id = 1; id < 200; id += 2) table.set(id, `stream ${id}`);
    const seen: string[] = [];
    table.forEach((value, id) => {
      seen.push(value);
      table.delete(id);
    });
    expect(new Set(seen).size).toBe(100);
    expect(table.size).toBe(0);
    expect([...table.keys(), ...table.values()]).toEqual([]);
  });

  test('is empty once cleared', () => {
    const table = new StreamTable<string>();
    table.set(1, 'a').set(65, 'b');
    table.clear();
    expect([table.size, table.has(1), table.has(65)]).toEqual([0, false, false]);
  });
});

test('a list of streams holds each once, in order, and shows all there were to one who ends them', () => {
  const list = new StreamList<string>();
  list.add('a').add('b').add('a').add('c');
  expect([list.size, list.has('b'), list.delete('b'), list.delete('b'), list.has('b')]).toEqual([
    3,
    true,
    true,
    false,
    false,
  ]);
  expect([...list]).toEqual(['a', 'c']);
  expect([...list.entries()]).toEqual([
    ['a', 'a'],
    ['c', 'c'],
  ]);
  const seen: string[] = [];
  list.forEach((value) => {
    seen.push(value);
    list.delete(value);
  });
  expect(seen).toEqual(['a', 'c']);
  expect([...list.keys(), list.size]).toEqual([0]);
  list.add('d');
  list.clear();
  expect(list.size).toBe(0);
});

function sorted(map: Map<number, object>): [number, object][] {
  return [...map].sort(([a], [b]) => a - b);
}
