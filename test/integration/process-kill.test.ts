import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { createGrpcClient, type GrpcClient } from '../support/clients.ts';
import { type SidecarProcess, startProcess, testDirectory, writeConfig } from '../support/sidecar-process.ts';

const { selectAccount, reportResult } = RouterService.method;
const rounds = 4;
const callers = 50;

/** Selects and reports until the sidecar is gone; the leases whose report was answered. */
async function callUntilGone(client: GrpcClient, onAnswered: (leaseId: string) => void): Promise<void> {
  for (;;) {
    try {
      const { outcome } = await client.unary(selectAccount, { model: 'm' });
      if (outcome.case !== 'selection') throw new Error(`no selection: ${outcome.case}`);
      const leaseId = outcome.value.lease!.id;
      await report(client, leaseId);
      onAnswered(leaseId);
    } catch (error) {
      if ((error as { code?: unknown }).code === 14) return;
      throw error;
    }
  }
}

function report(client: GrpcClient, leaseId: string) {
  return client.unary(reportResult, {
    leaseId,
    outcome: { case: 'success', value: {} },
    usage: { inputTokens: 7n, standardCost: 1 },
  });
}

/** Rows of the ledger by lease; the file of a process that is gone. */
function rowsByLease(path: string): Map<string, number> {
  const database = new DatabaseSync(path);
  try {
    const rows = database.prepare('SELECT lease_id, count(*) AS rows FROM usage GROUP BY lease_id').all();
    return new Map(rows.map((row) => [String(row.lease_id), Number(row.rows)]));
  } finally {
    database.close();
  }
}

test('kill -9 under load loses no report that was answered and books none twice', async () => {
  const workingDirectory = testDirectory();
  const args = [
    '--config',
    writeConfig(workingDirectory, {
      accounts: ['a', 'b', 'c'].map((id) => ({ id, platform: 'anthropic', type: 'api_key' })),
    }),
  ];
  const start = async (): Promise<{ sidecar: SidecarProcess; client: GrpcClient }> => {
    const sidecar = startProcess({ workingDirectory, args });
    const { grpc } = await sidecar.ready;
    return { sidecar, client: createGrpcClient(grpc[0]!) };
  };
  const answered: string[] = [];

  for (let round = 0; round < rounds; round += 1) {
    const { sidecar, client } = await start();
    const killAt = answered.length + 1 + Math.floor(Math.random() * 1_500);
    const onAnswered = (leaseId: string): void => {
      answered.push(leaseId);
      if (answered.length === killAt) sidecar.child.kill('SIGKILL');
    };
    await Promise.all(Array.from({ length: callers }, () => callUntilGone(client, onAnswered)));
    client.close();
    expect(await sidecar.ended).toEqual({ code: null, signal: 'SIGKILL' });
  }

  // Callers that are not sure report again: it is known to have been booked, at a sidecar that remembers nothing else of it.
  const { sidecar, client } = await start();
  const again = await Promise.all(answered.slice(-200).map((leaseId) => report(client, leaseId)));
  expect(again.filter(({ duplicate }) => !duplicate)).toEqual([]);
  client.close();
  sidecar.child.kill('SIGTERM');
  await sidecar.ended;

  const rows = rowsByLease(join(workingDirectory, 'ledger.db'));
  expect(answered.filter((leaseId) => rows.get(leaseId) !== 1)).toEqual([]);
  expect([...rows.values()].filter((count) => count !== 1)).toEqual([]);
  // Beyond the answered ones only those that were under way at each kill.
  expect(rows.size - answered.length).toBeLessThanOrEqual(rounds * callers);
});
