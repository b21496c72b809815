import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingLines } from '../../../src/routing/waiting-lines.ts';

const at = (seq: number) => ({ seq });

describe('a line', () => {
  it('is in the order of arrival, whoever joined it first', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 50 })),
        fc.uniqueArray(fc.nat({ max: 50 })),
        fc.nat({ max: 50 }),
        (joining, leaving, after) => {
          const lines = new WaitingLines();
          const callers = new Map(joining.map((seq) => [seq, at(seq)]));
          for (const caller of callers.values()) lines.join('a', caller);
          for (const seq of leaving) lines.leave('a', callers.get(seq) ?? at(seq));
          const left = joining.filter((seq) => !leaving.includes(seq)).sort((x, y) => x - y);
          expect(lines.isEmpty('a')).toBe(left.length === 0);
          expect(lines.first('a')?.seq).toBe(left[0]);
          expect(lines.first('a', after)?.seq).toBe(left.find((seq) => seq > after));
        },
      ),
    );
  });

  it('is of one account, and holds a caller once', () => {
    const lines = new WaitingLines();
    const caller = at(1);
    lines.join('a', caller);
    lines.join('a', caller);
    lines.leave('b', caller);
    expect(lines.isEmpty('b')).toBe(true);
    lines.leave('a', caller);
    expect(lines.isEmpty('a')).toBe(true);
  });
});
