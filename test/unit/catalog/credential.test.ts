import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/catalog/credential.ts';

const text = 'sk-live-0123456789';

test('a secret gives itself away to reveal alone', () => {
  const secret = new Secret(text);
  expect(secret.reveal()).toBe(text);
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ nested: [secret] }, { showHidden: true, depth: 9 }),
    format('%s %o %O %j', secret, secret, secret, secret),
    JSON.stringify({ ...secret }),
    JSON.stringify(Object.entries(secret)),
  ];
  for (const line of shown) expect(line).not.toContain(text);
  expect(shown.slice(0, 4)).toEqual(['***', '***', '{"secret":"***"}', '***']);
});
