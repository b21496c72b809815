import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { heapFlags } from '../../src/node-options.js';
import { createGrpcClient } from '../support/clients.ts';
import { type SidecarProcess, startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';

let blocker: Server | undefined;
afterEach(() => new Promise<void>((resolve) => (blocker ? blocker.close(() => resolve()) : resolve())));

async function takenPort(): Promise<number> {
  const server = createServer();
  blocker = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Lines on standard error of a process that ended by itself with exit code 1 and was never ready. */
async function refusal(sidecar: SidecarProcess): Promise<string[]> {
  expect(await sidecar.ended).toEqual({ code: 1, signal: null });
  expect(sidecar.output.stdout).not.toContain('"msg":"ready"');
  return sidecar.output.stderr.trimEnd().split('\n');
}

describe('a start', () => {
  test('without a configuration serves the example, says so, and tells where it listens', async () => {
    const workingDirectory = testDirectory();
    const socket = `unix:${join(workingDirectory, 'remora.sock')}`;
    const sidecar = startProcess({
      workingDirectory,
      env: { REMORA_GRPC_LISTEN: `127.0.0.1:0,${socket}`, REMORA_HTTP_LISTEN: '127.0.0.1:0' },
    });
    const { grpc, httpUrl } = await sidecar.ready;
    expect(grpc).toEqual([expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/), socket]);
    expect((await sidecar.logged(/no configuration named/)).level).toBe('warn');
    for (const address of grpc) {
      const client = createGrpcClient(address);
      const { outcome } = await client.unary(RouterService.method.selectAccount, { groupId: 'coding' });
      expect(outcome.case === 'selection' && outcome.value.account?.id).toBe('gpt-api');
      client.close();
    }
    const models = await fetch(`${httpUrl}/remora.v1.RouterService/ListModels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ groupId: 'coding' }),
    });
    const listed = (await models.json()) as { models: { id: string }[] };
    expect(listed.models.map(({ id }) => id)).toEqual(['gpt-4.1', 'gpt-5', 'gpt-5-mini']);
    expect(existsSync(join(workingDirectory, 'data/remora.db'))).toBe(true);
    expect(sidecar.output.stderr).toBe('');
  });

  test.each([
    ['--config', (file: string) => ({ args: ['--config', file] })],
    ['REMORA_CONFIG', (file: string) => ({ env: { REMORA_CONFIG: file } })],
  ])('takes the file that %s names', async (_by, naming) => {
    const file = writeConfig(testDirectory(), { accounts: [{ id: 'mine', platform: 'openai' }] });
    const sidecar = startProcess({ workingDirectory: testDirectory(), ...naming(file) });
    const inForce = await sidecar.logged('configuration in force');
    expect(inForce).toMatchObject({ file, settings: { catalog: { accounts: [{ id: 'mine' }] } } });
    await sidecar.ready;
  });

  test('takes ./remora.yaml by itself', async () => {
    const workingDirectory = testDirectory();
    writeConfig(workingDirectory, { accounts: [{ id: 'mine', platform: 'openai' }] });
    const sidecar = startProcess({ workingDirectory });
    expect(await sidecar.logged('configuration in force')).toMatchObject({
      file: join(workingDirectory, 'remora.yaml'),
    });
    await sidecar.ready;
  });
});

describe('a start that can not be ends with exit code 1 and says why', () => {
  test.each(['grpc', 'http', 'metrics'] as const)(
    'where the port of listen.%s is taken',
    async (listener) => {
      const workingDirectory = testDirectory();
      const taken = `127.0.0.1:${await takenPort()}`;
      const listen = { grpc: '127.0.0.1:0', http: '127.0.0.1:0', [listener]: taken };
      const sidecar = startProcess({
        workingDirectory,
        args: ['--config', writeConfig(workingDirectory, { listen })],
      });
      expect(await refusal(sidecar)).toEqual([
        `remora: listen.${listener}: cannot listen on ${taken}: the address is in use by another process`,
      ]);
    },
  );

  test('where the configuration has faults, a line for each', async () => {
    const workingDirectory = testDirectory();
    const file = join(workingDirectory, 'remora.yaml');
    writeFileSync(
      file,
      ['scheduling:', '  lease_tll: 1m', 'accounts:', '  - id: a', '    priority: first', ''].join('\n'),
    );
    expect(await refusal(startProcess({ workingDirectory }))).toEqual([
      expect.stringMatching(/^remora: .*remora\.yaml:2: scheduling\.lease_tll: .*lease_ttl/),
      expect.stringMatching(/^remora: .*remora\.yaml:4: accounts\[0\]\.platform: is missing/),
      expect.stringMatching(/^remora: .*remora\.yaml:5: accounts\[0\]\.priority: /),
    ]);
    expect(existsSync(join(workingDirectory, 'data'))).toBe(false);
  });

  test('where the file named is not there', async () => {
    const sidecar = startProcess({ workingDirectory: testDirectory(), args: ['--config', 'missing.yaml'] });
    expect(await refusal(sidecar)).toEqual([
      expect.stringMatching(/^remora: missing\.yaml: .*does not exist/),
    ]);
  });

  test('where the ledger can not be written', async () => {
    const workingDirectory = testDirectory();
    writeFileSync(join(workingDirectory, 'file'), '');
    const path = join(workingDirectory, 'file/ledger.db');
    const sidecar = startProcess({ workingDirectory, env: { REMORA_LEDGER_PATH: path } });
    expect(await refusal(sidecar)).toEqual([
      expect.stringMatching(new RegExp(`^remora: .*${path}.*set ledger.path \\(REMORA_LEDGER_PATH\\)`)),
    ]);
  });

  test('where another sidecar has the ledger open', async () => {
    const workingDirectory = testDirectory();
    const config = writeConfig(workingDirectory);
    await startProcess({ workingDirectory, args: ['--config', config] }).ready;
    const second = startProcess({
      workingDirectory,
      args: ['--config', config],
      env: { REMORA_GRPC_LISTEN: '127.0.0.1:0' },
    });
    expect(await refusal(second)).toEqual([expect.stringMatching(/^remora: .*in use by another process/)]);
  });

  test.each([
    [['--confg', 'x.yaml'], /--confg/],
    [['serve'], /unknown command "serve"/],
    [['check'], /check takes one file/],
    [['--config'], /--config/],
  ])('where the command line is %j, with the usage', async (args, words) => {
    const [first, ...more] = await refusal(startProcess({ workingDirectory: testDirectory(), args }));
    expect(first).toMatch(words);
    expect(more.join('\n')).toContain('remora check FILE');
  });
});

describe('remora check', () => {
  test('tells what a valid file holds, and starts nothing', async () => {
    const workingDirectory = testDirectory();
    const file = writeConfig(workingDirectory, { accounts: [{ id: 'a', platform: 'p' }] });
    const sidecar = startProcess({ workingDirectory, args: ['check', file] });
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(sidecar.output).toEqual({
      stdout: `${file}: OK: 0 groups, 1 account, 0 models with fallbacks, 0 prices\n`,
      stderr: '',
    });
    expect(existsSync(join(workingDirectory, 'ledger.db'))).toBe(false);
  });

  test('tells every fault of another', async () => {
    const workingDirectory = testDirectory();
    const file = writeConfig(workingDirectory, { accounts: [{ id: 'a' }], prices: { m: { inputs: 1 } } });
    const sidecar = startProcess({ workingDirectory, args: ['check', file] });
    expect(await sidecar.ended).toEqual({ code: 1, signal: null });
    expect(sidecar.output.stdout.trimEnd().split('\n')).toEqual([
      expect.stringContaining('accounts[0].platform: is missing'),
      expect.stringContaining('prices.m.inputs: is not a known key'),
      `${file}: 2 faults`,
    ]);
  });
});

test.each([
  ['where nothing says so', () => ({})],
  [
    'where NODE_COMPILE_CACHE says',
    (directory: string) => ({ NODE_COMPILE_CACHE: join(directory, 'cache') }),
  ],
  ['where it can not be written', (directory: string) => ({ TMPDIR: join(directory, 'file') })],
  ['not at all', () => ({ NODE_DISABLE_COMPILE_CACHE: '1' })],
])('with compiled code kept %s, the process started is the one that serves', async (_where, envIn) => {
  const workingDirectory = testDirectory();
  writeFileSync(join(workingDirectory, 'file'), '');
  const env = envIn(workingDirectory);
  const sidecar = startProcess({ workingDirectory, args: ['--config', writeConfig(workingDirectory)], env });
  await sidecar.ready;
  sidecar.child.kill('SIGTERM');
  expect(await sidecar.ended).toEqual({ code: 0, signal: null });
  expect(sidecar.output.stderr).toBe('');
  expect(existsSync(join(workingDirectory, 'cache'))).toBe('NODE_COMPILE_CACHE' in env);
});

test.each([
  ['none are set', {}, '--max-semi-space-size=16', ['glibc.malloc.mxfast=0', 'glibc.malloc.hugetlb=1']],
  [
    'others are set',
    { GLIBC_TUNABLES: 'glibc.malloc.arena_max=2' },
    '--max-semi-space-size=16',
    ['glibc.malloc.arena_max=2', 'glibc.malloc.mxfast=0', 'glibc.malloc.hugetlb=1'],
  ],
  [
    'the operator has set them',
    { NODE_OPTIONS: '--max-semi-space-size=8', GLIBC_TUNABLES: 'glibc.malloc.mxfast=64' },
    undefined,
    ['glibc.malloc.mxfast=64', 'glibc.malloc.hugetlb=1'],
  ],
])('serves with its own settings of memory where %s', async (_where, env, flag, tunables) => {
  const workingDirectory = testDirectory();
  const sidecar = startProcess({ workingDirectory, args: ['--config', writeConfig(workingDirectory)], env });
  await sidecar.ready;
  const told = (file: string) => readFileSync(`/proc/${sidecar.child.pid}/${file}`, 'utf8');
  const args = told('cmdline').split('\0');
  expect(args.find((arg) => arg.includes('semi-space'))).toBe(flag);
  // Told one by one: glibc cuts the list up where it stands.
  expect(told('environ').match(/glibc\.malloc\.\w+=\d+/g)).toEqual(tunables);
  sidecar.child.kill('SIGTERM');
  expect(await sidecar.ended).toEqual({ code: 0, signal: null });
});

test('what the operator says in NODE_OPTIONS comes before the flags that an image brings along', async () => {
  const workingDirectory = testDirectory();
  const main = join(import.meta.dirname, '../../src/main.js');
  const sidecar = startProcess({
    workingDirectory,
    command: [process.execPath, ...heapFlags, main, '--config', writeConfig(workingDirectory)],
    env: { NODE_OPTIONS: '--max-semi-space-size=8' },
  });
  await sidecar.ready;
  const commandLine = readFileSync(`/proc/${sidecar.child.pid}/cmdline`, 'utf8').split('\0');
  expect(commandLine.filter((arg) => heapFlags.includes(arg))).toEqual([]);
  sidecar.child.kill('SIGTERM');
  expect(await sidecar.ended).toEqual({ code: 0, signal: null });
});

test('--help prints the usage and ends well', () => {
  const main = join(import.meta.dirname, '../../src/main.js');
  expect(execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' })).toContain(
    'remora check FILE',
  );
});

test('a socket file that a killed sidecar left behind is no obstacle', async () => {
  const workingDirectory = testDirectory();
  mkdirSync(join(workingDirectory, 'run'));
  const address = `unix:${join(workingDirectory, 'run/remora.sock')}`;
  const args = [
    '--config',
    writeConfig(workingDirectory, { listen: { grpc: address, http: '127.0.0.1:0' } }),
  ];
  const first = startProcess({ workingDirectory, args });
  await first.ready;
  first.child.kill('SIGKILL');
  await first.ended;
  const { grpc } = await startProcess({ workingDirectory, args }).ready;
  expect(grpc).toEqual([address]);
});
