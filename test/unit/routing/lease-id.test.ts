import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNonceSource, leaseSuffix, parseLeaseId } from '../../../src/routing/lease-id.ts';

const now = Date.UTC(2026, 0, 5, 12);
const nonces = createNonceSource();

const leaseId = (accountId: string, groupId: string, model: string, nowMs = now): string =>
  `${nonces(nowMs)}.${leaseSuffix(accountId, groupId, model)}`;

const spelt = (names: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(names, encoding).toString('base64url');

/** What can come over the wire as an id: any text that UTF-8 can carry. */
const names = (minLength: number) => fc.string({ unit: 'binary', minLength, maxLength: 64 });

describe('a lease id', () => {
  test('gives back the account, the group, the model and the moment it was made of', () => {
    fc.assert(
      fc.property(names(1), names(0), names(0), fc.nat(10 ** 13), (accountId, groupId, model, nowMs) => {
        const id = leaseId(accountId, groupId, model, nowMs);
        expect(parseLeaseId(id)).toEqual({
          accountId,
          groupId,
          model,
          grantedAtMs: nowMs,
        });
      }),
    );
  });

  test('is read by a sidecar that did not make it', () => {
    fc.assert(
      fc.property(names(1), names(0), names(0), (accountId, groupId, model) => {
        const suffix = spelt(`${accountId.length}:${groupId.length}:${accountId}${groupId}${model}`);
        expect(parseLeaseId(`${nonces(now)}.${suffix}`)).toMatchObject({ accountId, groupId, model });
        expect(leaseSuffix(accountId, groupId, model)).toBe(suffix);
      }),
    );
  });

  test('stays within 2 KiB for the longest names of any kind', () => {
    for (const unit of ['a', 'é', '"', '\u0001']) {
      const name = unit.repeat(256 / Buffer.byteLength(unit));
      const id = leaseId(name, name, name);
      expect(id.length).toBeLessThan(2048);
      expect(parseLeaseId(id)).toMatchObject({ accountId: name, groupId: name, model: name });
    }
  });

  test('is read from no other text', () => {
    const id = leaseId('a', 'g', 'm');
    const [nonce, suffix] = id.split('.') as [string, string];
    for (const other of [
      '',
      'garbage',
      ` ${id}`,
      `${id}\n`,
      id.slice(1),
      nonce,
      `${nonce}.`,
      `${nonce}.${suffix}=`,
    ])
      expect(parseLeaseId(other), other).toBeUndefined();
    for (const names of [
      '',
      'a',
      '1:1:',
      '1:1:a',
      '0:1:gm',
      '1:agm',
      ':1:gm',
      '-1:1:agm',
      '1:x:agm',
      '["a","g","m"]',
    ])
      expect(parseLeaseId(`${nonce}.${spelt(names)}`), names).toBeUndefined();
  });

  test('is one text and no other that reads alike, or one lease could be booked as two', () => {
    const nonce = nonces(now);
    expect(parseLeaseId(`${nonce}.${spelt('1:1:agm')}`)).toBeDefined();
    expect(parseLeaseId(`${nonce}.${spelt('01:1:agm')}`)).toBeUndefined();
    expect(parseLeaseId(`${nonce}.${spelt('1:01:agm')}`)).toBeUndefined();
    expect(parseLeaseId(`${nonce}.${spelt('1:1:ag\xff', 'latin1')}`)).toBeUndefined();
    const suffix = leaseSuffix('a', 'g', 'mm');
    const next = String.fromCharCode(suffix.charCodeAt(suffix.length - 1) + 1);
    const sameBytes = suffix.slice(0, -1) + next;
    expect(Buffer.from(sameBytes, 'base64url')).toEqual(Buffer.from(suffix, 'base64url'));
    expect(parseLeaseId(`${nonce}.${suffix}`)).toBeDefined();
    expect(parseLeaseId(`${nonce}.${sameBytes}`)).toBeUndefined();
  });

  test('may be any text without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.base64String(), (text, body) => {
        parseLeaseId(text);
        parseLeaseId(`${nonces(now)}.${body.replaceAll(/[=+/]/g, '')}`);
      }),
    );
  });
});

describe('the part of a lease id that is new each time', () => {
  test('never comes twice, over many refills of its pool', () => {
    const drawn = Array.from({ length: 5000 }, () => nonces(now));
    expect(new Set(drawn).size).toBe(5000);
    for (const nonce of drawn) expect(nonce).toMatch(/^l1[0-9a-z]{9}[A-Za-z0-9_-]{12}$/);
  });

  test('draws on the random source once for 455 leases', () => {
    let fills = 0;
    const next = createNonceSource((pool) => {
      fills += 1;
      pool.fill(fills);
    });
    const drawn = Array.from({ length: 456 }, () => next(now));
    expect(fills).toBe(2);
    expect(drawn[454]).not.toBe(drawn[455]);
  });

  test('tells the millisecond it was asked for, and nine bytes nobody else has', () => {
    const bytes = Buffer.from(Array.from({ length: 9 * 455 }, (_, index) => index % 251));
    const next = createNonceSource((pool) => void bytes.copy(pool));
    for (const [index, nowMs] of [now, now, now + 1, now, now + 0.5, now + 60_000].entries()) {
      const random = bytes.subarray(index * 9, index * 9 + 9).toString('base64url');
      expect(next(nowMs)).toBe(`l1${Math.floor(nowMs).toString(36).padStart(9, '0')}${random}`);
    }
  });
});
