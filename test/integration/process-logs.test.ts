import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { createGrpcClient } from '../support/clients.ts';
import { startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';

const { selectAccount, reportResult } = RouterService.method;

/** Every way a secret can come in; each value is looked for in all that the process writes. */
const secrets = {
  value: 'SECRET-in-the-file',
  env: 'SECRET-in-the-environment',
  file: 'SECRET-in-a-file-of-its-own',
  key: 'SECRET-among-keys',
  proxy: 'SECRET-of-the-proxy',
};

test('the log is one JSON object a line and holds no secret, at any level, whatever happens', async () => {
  const workingDirectory = testDirectory();
  writeFileSync(join(workingDirectory, 'token'), secrets.file);
  const account = { platform: 'anthropic', type: 'api_key' };
  const config = (faulty: object = {}) => ({
    log: { level: 'trace' },
    accounts: [
      { ...account, id: 'a', credential: { value: secrets.value } },
      { ...account, id: 'b', credential: { env: 'ACCOUNT_TOKEN' } },
      { ...account, id: 'c', credential: { file: 'token' } },
      { ...account, id: 'd', api_keys: [secrets.key, { env: 'ACCOUNT_TOKEN' }] },
      { ...account, id: 'e', proxy_url: `http://user:${secrets.proxy}@proxy.example.com:3128` },
      { ...account, id: 'f', credential: { file: 'missing' } },
      faulty,
    ].filter((each) => Object.keys(each).length > 0),
  });
  const sidecar = startProcess({
    workingDirectory,
    args: ['--config', writeConfig(workingDirectory, config())],
    env: { ACCOUNT_TOKEN: secrets.env },
  });
  const { grpc, httpUrl } = await sidecar.ready;
  const client = createGrpcClient(grpc[0]!);
  // A refused key cools its account: each of the six that serve is taken once.
  for (let call = 0; call < 6; call += 1) {
    const { outcome } = await client.unary(selectAccount, { model: 'm', sessionId: `s${call}` });
    if (outcome.case !== 'selection') throw new Error('no selection');
    await client.unary(reportResult, {
      leaseId: outcome.value.lease!.id,
      outcome: {
        case: 'failure',
        value: { httpStatus: 401, message: `Bearer ${secrets.value} was refused` },
      },
    });
  }
  const shown = await Promise.all(
    ['/metrics', '/readyz', '/remora.v1.AdminService/ListAccounts'].map(async (path) => {
      const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
      return (await fetch(`${httpUrl}${path}`, path.includes('Admin') ? post : {})).text();
    }),
  );
  client.close();
  writeConfig(workingDirectory, config({ ...account, id: 'g', credential: `${secrets.value}-again` }));
  sidecar.child.kill('SIGHUP');
  await sidecar.logged(/accounts\[6\]\.credential/);
  sidecar.child.kill('SIGTERM');
  await sidecar.ended;

  const lines = sidecar.output.stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(trace|debug|info|warn|error)$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: expect.any(String),
    });
  }
  expect(sidecar.output.stderr).toBe('');
  expect(sidecar.output.stdout).not.toContain('SECRET');
  expect(shown.join('\n').replaceAll(/"proxyUrl":"[^"]*"/g, '')).not.toContain('SECRET');
});
