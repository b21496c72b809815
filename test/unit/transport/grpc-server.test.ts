import { expect, test } from 'vitest';
import { ListModelsRequestSchema, RouterService } from '../../../gen/remora/v1/router_pb.ts';
import { openRig, selected } from './rig.ts';

const { selectAccount, listModels } = RouterService.method;

test('a stock gRPC client gets a selection', async () => {
  const rig = await openRig({ router: { select: async () => selected() } });
  const { outcome } = await rig.client.unary(selectAccount, { groupId: 'team' });
  expect(outcome).toMatchObject({
    case: 'selection',
    value: { account: { id: 'acct-1' }, rateMultiplier: 1.7 },
  });
  expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 0']);
});

test('x', async () => {
  const rig = await openRig({
    router: { listModels: async () => ({ kind: 'models', models: [], unrestricted: true }) },
  });
  const r = await fetch(`${rig.httpUrl}/remora.v1.RouterService/ListModels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await r.json()).toEqual({ unrestricted: true });
});
