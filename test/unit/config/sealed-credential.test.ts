import { describe, expect, test } from 'vitest';
import { encryptCredential } from '../../../src/config/encrypt-credential.ts';
import { openCredential, readCredentialKeys, sealCredential } from '../../../src/config/sealed-credential.ts';

const keyText = Buffer.alloc(32, 7).toString('base64');
const nonce = Buffer.alloc(12, 1);

function keysOf(text: string | undefined) {
  return readCredentialKeys({ REMORA_CREDENTIAL_KEY: text });
}

function sealed(secret: string): string {
  return sealCredential({ secret, key: Buffer.alloc(32, 7), nonce });
}

function opened(text: string, keys = keyText): string | undefined {
  const reading = openCredential(text, keysOf(keys));
  return 'secret' in reading ? reading.secret.reveal() : `problem: ${reading.problem}`;
}

test.each(['sk-1', 'a b\nc', 'ключ 🐟', 'x'.repeat(10_000)])(
  'what is sealed can be opened: %.10s',
  (secret) => {
    expect(opened(sealed(secret))).toBe(secret);
  },
);

test('a sealed text has version, nonce, ciphertext and tag', () => {
  const bytes = Buffer.from(sealed('sk-1'), 'base64');
  expect(bytes[0]).toBe(1);
  expect(bytes.subarray(1, 13)).toEqual(nonce);
  expect(bytes).toHaveLength(1 + 12 + 4 + 16);
});

test('every changed byte is found out', () => {
  const bytes = Buffer.from(sealed('sk-SECRET'), 'base64');
  for (const index of bytes.keys()) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 0x10;
    expect(opened(changed.toString('base64'))).toMatch(/^problem: /);
  }
});

test.each([
  ['', /too short, or no base64/],
  ['AQ==', /too short, or no base64/],
  ['not base64!', /too short, or no base64/],
  [Buffer.alloc(64, 2).toString('base64'), /has format 2, and this version knows 1 alone/],
])('what was never sealed is a problem: %s', (text, problem) => {
  expect(opened(text)).toMatch(problem);
});

test.each([
  [undefined, /is not set/],
  ['', /is not set/],
  ['c2hvcnQ=', /is not 32 bytes in base64; openssl rand -base64 32 makes one/],
  ['not base64 but long enough, is it not?', /is not 32 bytes/],
  [`${keyText}, c2hvcnQ=`, /, key 2 of 2, is not 32 bytes/],
])('a key that is none is a problem, and not shown: %s', (text, problem) => {
  const keys = keysOf(text);
  expect(keys).toEqual({ problem: expect.stringMatching(problem) });
  if (text) expect(JSON.stringify(keys)).not.toContain(text);
});

describe('the command', () => {
  function run(secret: string, key: string | undefined) {
    let out = '';
    let err = '';
    const code = encryptCredential({
      ...{ secret, nonce, env: { REMORA_CREDENTIAL_KEY: key } },
      out: { write: (text: string) => (out += text) },
      err: { write: (text: string) => (err += text) },
    });
    return { code, out, err };
  }

  test('prints what the column takes, without the line end of its input', () => {
    const { code, out } = run('sk-1\r\n', keyText);
    expect(code).toBe(0);
    expect(opened(JSON.parse(out).encrypted)).toBe('sk-1');
  });

  test.each([
    ['\n', keyText, /no secret came on standard input/],
    ['sk-1', undefined, /REMORA_CREDENTIAL_KEY is not set/],
    ['sk-1', 'c2hvcnQ=', /is not 32 bytes/],
  ])('tells what is missing', (secret, key, problem) => {
    const { code, out, err } = run(secret, key);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(problem);
  });
});
