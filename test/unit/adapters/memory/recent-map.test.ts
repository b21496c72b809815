import { describe, expect, it } from 'vitest';
import { RecentMap } from '../../../../src/adapters/memory/recent-map.ts';

function filled(count: number, onForgotten?: (key: string) => void): RecentMap<number> {
  const map = new RecentMap<number>(10, onForgotten);
  for (let index = 0; index < count; index += 1) map.add(`k${index}`, index);
  return map;
}

describe('a map of what is recent', () => {
  it('holds the latest for certain, and up to twice as many', () => {
    const map = filled(25);
    const held = Array.from({ length: 25 }, (_, index) => map.get(`k${index}`));
    expect(held.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(held.slice(10)).toEqual(Array.from({ length: 15 }, (_, index) => index + 10));
  });

  it('tells what it forgets, each once', () => {
    const forgotten: string[] = [];
    filled(30, (key) => forgotten.push(key));
    expect(forgotten).toEqual(Array.from({ length: 20 }, (_, index) => `k${index}`));
  });

  it('lets values be taken out, from either generation', () => {
    const map = filled(15);
    expect([map.take('k3'), map.take('k12'), map.take('none')]).toEqual([3, 12, undefined]);
    expect([map.get('k3'), map.get('k12'), map.take('k3')]).toEqual([undefined, undefined, undefined]);
  });
});
