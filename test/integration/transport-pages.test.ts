import { describe, expect, onTestFinished, test } from 'vitest';
import { openMetricsServer } from '../../src/transport/http-server.ts';
import { openRig } from '../unit/transport/rig.ts';

const json = { 'content-type': 'application/json' };

describe('pages', () => {
  test('say what they are for', async () => {
    let ready = true;
    const rig = await openRig({
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'remora_up 1\n' }),
      readiness: () => ({ ready, parts: { ledger: ready ? 'ok' : 'not writable' } }),
    });
    const get = async (path: string) => {
      const response = await fetch(`${rig.httpUrl}${path}`);
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    expect(await get('/metrics')).toEqual([200, 'text/plain; version=0.0.4', 'remora_up 1\n']);
    expect(await get('/healthz?verbose')).toEqual([200, expect.any(String), '{"status":"alive"}\n']);
    expect(await get('/readyz')).toEqual([
      200,
      expect.any(String),
      '{"ready":true,"parts":{"ledger":"ok"}}\n',
    ]);
    ready = false;
    expect(await get('/readyz')).toEqual([
      503,
      expect.any(String),
      '{"ready":false,"parts":{"ledger":"not writable"}}\n',
    ]);
    expect(await get('/')).toEqual([
      200,
      'text/plain; charset=utf-8',
      expect.stringContaining('/remora.v1.AdminService/ListAccounts'),
    ]);
    expect(await get('/nothing')).toEqual([
      404,
      expect.stringContaining('json'),
      expect.stringContaining('not_found'),
    ]);
  });

  test('take GET and HEAD alone', async () => {
    const rig = await openRig();
    const posted = await fetch(`${rig.httpUrl}/metrics`, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`${rig.httpUrl}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('keep a fault to the log', async () => {
    const rig = await openRig({ metrics: () => Promise.reject(new Error('secret')) });
    const response = await fetch(`${rig.httpUrl}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')]);
    expect(rig.faults).toMatchObject([{ method: '/metrics' }]);
  });

  test('stand alone on the metrics listener', async () => {
    const listener = await openMetricsServer({
      address: '127.0.0.1:0',
      clock: { now: () => 0, schedule: () => ({ cancel: () => undefined }) },
      faults: { fault: () => undefined },
      metrics: async () => ({ contentType: 'text/plain', body: 'm' }),
      readiness: () => ({ ready: true, parts: {} }),
    });
    onTestFinished(() => listener.close({ graceMs: 0 }));
    const statusOf = async (path: string, init?: RequestInit) =>
      (await fetch(`http://${listener.addresses[0]}${path}`, init)).status;
    expect(await statusOf('/metrics')).toBe(200);
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(200);
    expect(await statusOf('/')).toBe(404);
    const rpc = { method: 'POST', headers: json, body: '{}' };
    expect(await statusOf('/remora.v1.RouterService/ListModels', rpc)).toBe(404);
    expect(await statusOf('/remora.v1.AdminService/ListAccounts', rpc)).toBe(404);
  });
});
