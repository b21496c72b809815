import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encryptCredential } from '../../src/config/encrypt-credential.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type CatalogRig, openCatalogRig } from './postgres-catalog-rig.ts';

const key = randomBytes(32).toString('base64');
const secret = 'sk-SECRET-42';

/** What the command prints for the secret. */
function encrypted(withKey: string): string {
  let printed = '';
  const out = { write: (text: string) => (printed += text) };
  const env = { REMORA_CREDENTIAL_KEY: withKey };
  const nonce = randomBytes(12);
  expect(encryptCredential({ secret: `${secret}\n`, env, nonce, out, err: out })).toBe(0);
  return printed.trim();
}

describe('credentials in Postgres', () => {
  let server: PostgresServer;
  let client: Client;
  let url: string;
  const rigs: CatalogRig[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    url = server.schemaUrl();
    // Makes the tables.
    await (await openCatalogRig({ url })).close();
    client = await server.client(url);
  });
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
    await client.end();
  });

  async function open(env: Readonly<Record<string, string>>): Promise<CatalogRig> {
    const rig = await openCatalogRig({ url, env });
    rigs.push(rig);
    return rig;
  }

  function put(credential: string, keys: string | null = null) {
    const text = "INSERT INTO accounts (id, platform, credential, api_keys) VALUES ('a', 'p', $1, $2)";
    return client.query(text, [credential, keys]);
  }

  it.each([
    ['the secret as it is', '"sk-SECRET"'],
    ['the form of the configuration file', '{"value": "sk-SECRET"}'],
    ['a secret beside a reference', '{"env": "KEY", "value": "sk-SECRET"}'],
    ['an unknown form', '{"vault": "x"}'],
    ['an empty reference', '{"env": ""}'],
    ['no text', '{"env": {"value": "sk-SECRET"}}'],
    ['nothing', '{}'],
    ['null', 'null'],
  ])('can not be %s', async (_, source) => {
    await expect(put(source)).rejects.toThrow(/credential_is_no_secret/);
    await expect(put('{"env": "KEY"}', `[{"env": "KEY"}, ${source}]`)).rejects.toThrow(
      /api_keys_are_no_secrets/,
    );
  });

  it('are refused by the sidecar too where the table lost its checks, and not shown', async () => {
    await client.query('ALTER TABLE accounts DROP CONSTRAINT credential_is_no_secret');
    await put('{"value": "sk-SECRET"}');
    const rig = await open({});
    expect(rig.catalog.health()).toMatchObject({ ok: false });
    expect(rig.lines[0]).toMatch(/^error table accounts, row "a": credential: is none of .*"encrypted"/);
    expect(rig.lines.join()).not.toContain('SECRET');
  });

  it('are opened with the key of the environment, alone and in a family', async () => {
    await put(encrypted(key), `[${encrypted(key)}, {"env": "PLAIN"}]`);
    const rig = await open({ REMORA_CREDENTIAL_KEY: key, PLAIN: 'sk-3' });
    const { accounts } = rig.catalog.holder.current();
    expect([...accounts.values()].map(({ credential }) => credential?.reveal())).toEqual([
      secret,
      secret,
      'sk-3',
    ]);
  });

  it('are opened with an older key while the newer one seals', async () => {
    const newer = randomBytes(32).toString('base64');
    await put(encrypted(key));
    const rig = await open({ REMORA_CREDENTIAL_KEY: `${newer},${key}` });
    expect(rig.catalog.holder.current().accounts.get('a')?.credential?.reveal()).toBe(secret);
    const sealed = JSON.parse(encrypted(`${newer},${key}`));
    await client.query('UPDATE accounts SET credential = $1', [sealed]);
    const next = await open({ REMORA_CREDENTIAL_KEY: newer });
    expect(next.catalog.holder.current().accounts.get('a')?.credential?.reveal()).toBe(secret);
  });

  it.each([
    [
      'another key',
      randomBytes(32).toString('base64'),
      'REMORA_CREDENTIAL_KEY does not open its encrypted text',
    ],
    ['no key', undefined, 'it is encrypted, and environment variable REMORA_CREDENTIAL_KEY is not set'],
    [
      'half a key',
      'c2hvcnQ=',
      'it is encrypted, and environment variable REMORA_CREDENTIAL_KEY is not 32 bytes',
    ],
  ])('put their account out of service, loudly, with %s', async (_, wrongKey, problem) => {
    await put(encrypted(key));
    await client.query("INSERT INTO accounts (id, platform) VALUES ('b', 'p')");
    const rig = await open(wrongKey === undefined ? {} : { REMORA_CREDENTIAL_KEY: wrongKey });
    const { accounts } = rig.catalog.holder.current();
    expect(accounts.get('a')).toMatchObject({
      status: 'error',
      statusReason: expect.stringContaining(problem),
    });
    expect(accounts.get('b')?.status).toBe('active');
    expect(rig.lines).toContainEqual(
      expect.stringContaining(`error the account is out of service: credential: ${problem}`),
    );
  });

  it('put their account out of service where the text was changed', async () => {
    const bytes = Buffer.from(JSON.parse(encrypted(key)).encrypted, 'base64');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await put(JSON.stringify({ encrypted: bytes.toString('base64') }));
    const rig = await open({ REMORA_CREDENTIAL_KEY: key });
    expect(rig.catalog.holder.current().accounts.get('a')).toMatchObject({ status: 'error' });
  });

  it('never stand as they are in what is logged, or on the volume', async () => {
    await put(encrypted(key));
    const rig = await open({ REMORA_CREDENTIAL_KEY: key });
    expect(rig.catalog.holder.current().accounts.get('a')?.credential?.reveal()).toBe(secret);
    expect(readFileSync(rig.snapshotPath, 'utf8')).toContain('encrypted');
    expect(readFileSync(rig.snapshotPath, 'utf8')).not.toContain('SECRET');
    expect(rig.lines.join()).not.toContain('SECRET');
  });
});
