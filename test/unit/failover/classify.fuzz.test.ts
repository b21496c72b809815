import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/failover/classify.ts';
import { readErrorBody } from '../../../src/failover/error-body.ts';
import { failoverReasons } from '../../../src/failover/failure.ts';
import { maskQuotedText } from '../../../src/failover/quoted-text.ts';

const fragments = fc.constantFrom(
  '{"error":',
  '{"message":"',
  '"code":',
  '"1113"',
  '"',
  "'",
  '`',
  '“',
  '[',
  ']',
  '}',
  '\\',
  '\\u00',
  'data:',
  '\n',
  ' rate limit ',
  'model ',
  'status: 4',
  '余额不足',
  '\u0000',
  '\ud83d',
);

const bodies = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2000 }),
  fc.json({ maxDepth: 12 }),
  fc.array(fragments, { maxLength: 300 }).map((parts) => parts.join('')),
  // A body may be cut off anywhere.
  fc
    .tuple(fc.jsonValue(), fc.nat(400))
    .map(([value, end]) => JSON.stringify({ error: { message: 'x', details: value } }).slice(0, end)),
);

const failures = fc.record({
  httpStatus: fc.integer({ min: -1, max: 700 }),
  body: bodies,
  transportError: fc.constantFrom('NONE' as const, 'TIMEOUT' as const, 'NETWORK' as const),
  message: bodies,
  headers: bodies.map((text) => new Map([['x-amzn-errortype', text]])),
});

describe('classify, of anything', () => {
  it('answers with a known reason and a short evidence', () => {
    fc.assert(
      fc.property(failures, (failure) => {
        const { reason, evidence } = classify(failure);
        expect(failoverReasons).toContain(reason);
        expect(evidence.length).toBeLessThan(300);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['open brackets', '['.repeat(16384)],
    ['nested objects', '{"error":'.repeat(1800)],
    ['nested objects, closed', `${'{"error":'.repeat(800)}1${'}'.repeat(800)}`],
    ['JSON in strings in JSON', nestedStrings(10)],
  ])('survives %s', (_, body) => {
    const failure = {
      httpStatus: 503,
      body,
      transportError: 'NONE',
      message: body,
      headers: new Map(),
    } as const;
    expect(classify(failure).reason).toBe('SERVER_ERROR');
  });

  it('reads no more than 16 KiB', () => {
    const late = `${'x'.repeat(16 * 1024)} insufficient balance`;
    expect(readErrorBody(late).message).toHaveLength(16 * 1024);
  });

  it("finds nothing in what a user's quoted text says", () => {
    const said = fc.constantFrom(
      'rate limit exceeded',
      'insufficient balance',
      'overloaded',
      "it's timed out",
    );
    const marks = fc.constantFrom(['"', '"'], ["'", "'"], ['`', '`'], ['“', '”'], ['「', '」']);
    fc.assert(
      fc.property(said, marks, fc.boolean(), (words, [open, close], cut) => {
        const message = `messages.0: got ${open}${words}${cut ? '' : `${close} here`}`;
        const body = JSON.stringify({ error: { type: 'invalid_request_error', message } });
        const failure = {
          httpStatus: 400,
          body,
          transportError: 'NONE',
          message: '',
          headers: new Map(),
        } as const;
        expect(classify(failure).reason).toBe('FORMAT');
      }),
    );
  });
});

describe('maskQuotedText', () => {
  it('keeps the length and adds nothing but blanks', () => {
    fc.assert(
      fc.property(bodies, (text) => {
        const masked = maskQuotedText(text);
        expect(masked).toHaveLength(text.length);
        expect([...masked].every((char, at) => char === ' ' || char === [...text][at])).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

function nestedStrings(levels: number): string {
  let text = 'overload';
  for (let level = 0; level < levels; level++) text = JSON.stringify({ message: text });
  return text;
}
