import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createGrpcClient } from '../support/clients.ts';
import { type Callee, reportFailure, reportSuccess, select, selectionIn, tooMany } from './failover-steps.ts';

describe('a sidecar that is killed', () => {
  let directory: string;
  let sidecar: ChildProcessByStdio<null, Readable, null> | undefined;
  let callee: Callee | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-killed-'));
    const config = {
      listen: { grpc: [`unix:${join(directory, 's.sock')}`], http: '127.0.0.1:0' },
      ledger: { path: join(directory, 'ledger.db') },
      accounts: [
        { id: 'a', platform: 'anthropic', priority: 1 },
        { id: 'b', platform: 'anthropic' },
      ],
    };
    writeFileSync(join(directory, 'remora.yaml'), stringify(config));
  });
  afterEach(async () => {
    await kill();
    rmSync(directory, { recursive: true });
  });

  async function kill(): Promise<void> {
    callee?.grpc.close();
    if (sidecar === undefined || sidecar.exitCode !== null || sidecar.signalCode !== null) return;
    sidecar.kill('SIGKILL');
    await once(sidecar, 'exit');
  }

  /** Kills the sidecar that runs and starts one anew, on the same ledger. */
  async function restart(): Promise<Callee> {
    await kill();
    const main = join(import.meta.dirname, '../../src/main.js');
    const started = spawn(process.execPath, [main, '--config', join(directory, 'remora.yaml')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sidecar = started;
    for await (const line of createInterface({ input: started.stdout }))
      if (JSON.parse(line).msg === 'ready') break;
    callee = { grpc: createGrpcClient(`unix:${join(directory, 's.sock')}`) };
    return callee;
  }

  test('knows a report that it answered before, and books one that it had not heard', async () => {
    const before = await restart();
    const usage = { standardCost: 2 };
    const [told, untold] = [await select(before), await select(before)];
    await reportSuccess(before, told, { usage });
    const after = await restart();
    expect(await reportSuccess(after, told, { usage })).toMatchObject({ duplicate: true });
    expect(await reportSuccess(after, untold, { usage })).toMatchObject({ duplicate: false });
    expect(await reportSuccess(after, untold, { usage })).toMatchObject({ duplicate: true });
  });

  test('judges a failure of a lease it does not remember, and goes on from there', async () => {
    const selection = await select(await restart(), { model: 'm' });
    const { classification, next } = await reportFailure(await restart(), selection, tooMany, {
      selectNext: true,
      usage: { standardCost: 0 },
    });
    expect(classification).toMatchObject({ failover: true });
    expect(selectionIn(next)).toMatchObject({
      account: { id: selection.account!.id === 'a' ? 'b' : 'a' },
      attempt: 2,
    });
  });

  test('says that it can not go on where it only knows that it heard the failure before', async () => {
    const first = await restart();
    const selection = await select(first);
    const fields = { usage: { standardCost: 1 }, selectNext: true };
    await reportFailure(first, selection, tooMany, fields);
    const second = await restart();
    const { duplicate, next, nextFailure } = await reportFailure(second, selection, tooMany, fields);
    expect([duplicate, next]).toEqual([true, undefined]);
    expect(nextFailure).toBeDefined();
  });
});
