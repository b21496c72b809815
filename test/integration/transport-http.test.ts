import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AdminService } from '../../gen/remora/v1/admin_pb.ts';
import type { SelectRequest } from '../../src/routing/api.ts';
import { createHttpClient } from '../support/clients.ts';
import { openRig, type Rig, refused, selected, until } from '../unit/transport/rig.ts';

const json = { 'content-type': 'application/json' };

async function post(rig: Rig, method: string, body: string, headers: Record<string, string> = json) {
  const response = await fetch(`${rig.httpUrl}/remora.v1.${method}`, { method: 'POST', headers, body });
  return { status: response.status, body: await response.text() };
}

describe('JSON, as curl sends it', () => {
  test('every RouterService method answers', async () => {
    const rig = await openRig({
      router: {
        select: async () => selected(),
        report: async () => ({ kind: 'reported', answer: { duplicate: true } }),
        renew: async () => ({ kind: 'renewed', lease: { id: 'l', expiresAtMs: 1000 } }),
        listModels: async () => ({ kind: 'models', models: [], unrestricted: true }),
      },
    });
    const answerTo = async (method: string, body: object) =>
      JSON.parse((await post(rig, `RouterService/${method}`, JSON.stringify(body))).body);
    expect(await answerTo('SelectAccount', { model: 'm' })).toMatchObject({
      selection: { account: { type: 'ACCOUNT_TYPE_OAUTH' }, lease: { expiresAt: '2030-01-01T00:00:00Z' } },
    });
    expect(await answerTo('ReportResult', { lease_id: 'l', success: {} })).toEqual({ duplicate: true });
    expect(await answerTo('RenewLease', { leaseId: 'l', ttl: '5s' })).toEqual({
      lease: { id: 'l', expiresAt: '1970-01-01T00:00:01Z' },
    });
    expect(await answerTo('ListModels', {})).toEqual({ unrestricted: true });
  });

  test('unknown fields are ignored, an unknown enum value is not', async () => {
    const seen: SelectRequest[] = [];
    const rig = await openRig({
      router: {
        async select(request) {
          seen.push(request);
          return selected();
        },
      },
    });
    const known = { model: 'm', stickyPolicy: 'STICKY_POLICY_REQUIRE', added_later: { a: 1 } };
    expect(await post(rig, 'RouterService/SelectAccount', JSON.stringify(known))).toMatchObject({
      status: 200,
    });
    expect(seen).toMatchObject([{ model: 'm', stickyPolicy: 'REQUIRE' }]);
    expect(await post(rig, 'RouterService/SelectAccount', '{"stickyPolicy":"OFTEN"}')).toEqual({
      status: 400,
      body: '{"code":"invalid_argument","message":"sticky_policy: \\"OFTEN\\" is none of its values"}',
    });
    const nested = '{"leaseId":"l","failure":{"transportError":"TRANSPORT_ERROR_LOST"}}';
    expect(await post(rig, 'RouterService/ReportResult', nested)).toMatchObject({
      status: 400,
      body: expect.stringContaining('failure.transport_error'),
    });
  });

  test.each(['{', '[]', '"x"', '{"model":5}', '{"maxWait":"soon"}', ''])(
    '%s is INVALID_ARGUMENT',
    async (body) => {
      const rig = await openRig();
      expect(await post(rig, 'RouterService/SelectAccount', body)).toMatchObject({
        status: 400,
        body: expect.stringContaining('"code":"invalid_argument"'),
      });
    },
  );

  test('binary that is no message is INVALID_ARGUMENT, framed or not', async () => {
    const rig = await openRig();
    const send = async (contentType: string, body: Uint8Array<ArrayBuffer>) => {
      const url = `${rig.httpUrl}/remora.v1.RouterService/SelectAccount`;
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
      return { status: response.headers.get('grpc-status'), body: await response.text() };
    };
    const garbage = new Uint8Array([0x0a, 0xff, 0xff]);
    expect((await send('application/proto', garbage)).body).toContain('"code":"invalid_argument"');
    const framed = new Uint8Array([0, 0, 0, 0, 3, ...garbage]);
    const overWeb = await send('application/grpc-web+proto', framed);
    expect(`${overWeb.status}${overWeb.body}`).toMatch(/^3|grpc-status: 3/);
  });

  test('Route needs HTTP/2 and says so; another protocol or path is refused', async () => {
    const rig = await openRig();
    expect(await post(rig, 'RouterService/Route', '{}')).toMatchObject({ status: 505 });
    expect(
      await post(rig, 'RouterService/SelectAccount', '{}', { 'content-type': 'text/plain' }),
    ).toMatchObject({
      status: 415,
    });
    expect(await post(rig, 'RouterService/NoSuchMethod', '{}')).toMatchObject({ status: 404 });
  });
});

test('AdminService is here, validated and mapped like the rest', async () => {
  const seen: unknown[] = [];
  const done = async (request: unknown) => {
    seen.push(request);
    return { kind: 'done', value: undefined } as const;
  };
  const rig = await openRig({
    admin: {
      explain: async (request) => {
        seen.push(request.model);
        return { kind: 'done', value: { accounts: [], stickyAccountId: '', wouldSelect: 'a' } };
      },
      listAccounts: async () => refused({ kind: 'not_found', message: 'group_id: "g" is not known' }),
      setSchedulable: done,
      clearCooldowns: async () => ({ kind: 'done', value: 3 }),
      unbindSessions: done,
      invalidateModels: done,
      invalidateUserRates: done,
    },
  });
  const admin = createHttpClient(AdminService, rig.http.addresses[0]!);
  expect(await admin.explainSelection({ select: { model: 'm' } })).toMatchObject({ wouldSelect: 'a' });
  expect(await admin.explainSelection({})).toMatchObject({ wouldSelect: 'a' });
  await expect(admin.explainSelection({ select: { model: 'x'.repeat(257) } })).rejects.toMatchObject({
    code: 3,
    rawMessage: 'select.model: 257 bytes, at most 256',
  });
  await expect(admin.listAccounts({ groupId: 'g' })).rejects.toMatchObject({ code: 5 });
  await expect(admin.setAccountSchedulable({})).rejects.toMatchObject({
    code: 3,
    rawMessage: 'account_id: empty, must be set',
  });
  await admin.setAccountSchedulable({ accountId: 'a', schedulable: false, reason: 'odd' });
  expect(await admin.clearCooldowns({ accountId: 'a' })).toMatchObject({ cleared: 3 });
  await admin.unbindSessions({ accountId: 'a' });
  await admin.invalidateModels({ platform: 'p' });
  await admin.invalidateUserRates({ userId: 'u' });
  expect(seen).toMatchObject([
    'm',
    '',
    { accountId: 'a', schedulable: false, reason: 'odd' },
    { accountId: 'a', sessionId: '' },
    { groupId: '', platform: 'p' },
    { userId: 'u', groupId: '' },
  ]);
  expect(rig.handled).toContain('remora.v1.AdminService/ListAccounts 5');
});

test.each([
  ['without a Host header', 'POST /remora.v1.RouterService/ListModels HTTP/1.0\r\n'],
  ['with a Host header that is none', 'POST /remora.v1.RouterService/ListModels HTTP/1.1\r\nhost: [\r\n'],
  ['that is no HTTP', '\u0016\u0003\u0001 hello'],
])('a request %s is refused and hurts nobody', async (_name, head) => {
  const rig = await openRig({
    router: { listModels: async () => ({ kind: 'models', models: [], unrestricted: true }) },
  });
  const [host, port] = rig.http.addresses[0]!.split(':');
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  socket.write(`${head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`);
  const answer = await new Promise<string>((resolve) =>
    socket.once('data', (bytes) => resolve(String(bytes))),
  );
  expect(answer).toMatch(/^HTTP\/1\.1 400/);
  expect(await post(rig, 'RouterService/ListModels', '{}')).toMatchObject({ status: 200 });
  expect(rig.faults).toEqual([]);
});

describe('drain', () => {
  test('a call in flight is answered, and its connection is then closed', async () => {
    const gate = Promise.withResolvers<void>();
    let started = false;
    const rig = await openRig({
      router: {
        async select() {
          started = true;
          await gate.promise;
          return selected();
        },
      },
    });
    const call = fetch(`${rig.httpUrl}/remora.v1.RouterService/SelectAccount`, {
      method: 'POST',
      headers: json,
      body: '{}',
    });
    await until(() => started);
    const closed = rig.http.close({ graceMs: 60_000 });
    await expect(fetch(`${rig.httpUrl}/healthz`)).rejects.toThrow();
    gate.resolve();
    const { status, headers } = await call;
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await closed;
  });

  test('nor does the connection of an answer that was already on its way', async () => {
    const rig = await openRig({
      metrics: async () => ({ contentType: 'text/plain', body: 'm'.repeat(20_000_000) }),
    });
    const [host, port] = rig.http.addresses[0]!.split(':');
    const socket = connect(Number(port), host);
    onTestFinished(() => void socket.destroy());
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('readable', resolve));
    const closed = rig.http.close({ graceMs: 60_000 });
    socket.resume();
    await closed;
  });

  test('a call that does not end is cut', async () => {
    let cancelled = false;
    const rig = await openRig({
      router: {
        select: (_request, call) =>
          new Promise((resolve) => {
            call.onCancel(() => {
              cancelled = true;
              resolve(refused({ kind: 'cancelled', message: 'gone' }));
            });
            void rig.http.close({ graceMs: 1 });
          }),
      },
    });
    await expect(post(rig, 'RouterService/SelectAccount', '{}')).rejects.toThrow();
    await until(() => cancelled);
  });

  test('idle keep-alive connections do not hold it up', async () => {
    const rig = await openRig();
    await (await fetch(`${rig.httpUrl}/healthz`)).text();
    await rig.http.close({ graceMs: 60_000 });
  });
});
