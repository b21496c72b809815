import { describe, expect, test } from 'vitest';
import { RouterService } from '../../../gen/remora/v1/router_pb.ts';
import { grpcFailure } from './failures.ts';
import { frame, rawCall } from './raw-grpc.ts';
import { openRig, refused, selected } from './rig.ts';

const { selectAccount } = RouterService.method;
const empty = frame(Buffer.alloc(0));

describe('a unary call', () => {
  test('is answered the same whether the use case answers at once or later', async () => {
    const now = await openRig({ router: { select: () => selected('l1') } });
    const later = await openRig({ router: { select: async () => selected('l1') } });
    const answer = await now.client.unary(selectAccount, {});
    expect(answer.outcome.case).toBe('selection');
    expect(await later.client.unary(selectAccount, {})).toEqual(answer);
    expect([...now.handled, ...later.handled]).toEqual([
      'remora.v1.RouterService/SelectAccount 0',
      'remora.v1.RouterService/SelectAccount 0',
    ]);
  });

  test('refused at once carries its status', async () => {
    const select = () => refused({ kind: 'not_found' as const, message: 'group_id: unknown' });
    const rig = await openRig({ router: { select } });
    expect(await grpcFailure(rig.client.unary(selectAccount, {}))).toMatchObject({
      code: 5,
      details: 'group_id: unknown',
    });
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 5']);
  });

  test('whose use case throws is an internal error that tells nothing, and the log has the rest', async () => {
    const error = new Error('a secret');
    const rig = await openRig({
      router: {
        select: () => {
          throw error;
        },
      },
    });
    expect(await grpcFailure(rig.client.unary(selectAccount, {}))).toMatchObject({
      code: 13,
      details: 'internal error',
    });
    expect(rig.faults).toEqual([{ method: 'SelectAccount', error }]);
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 13']);
  });

  test.each([
    ['no message', Buffer.alloc(0)],
    ['two messages', Buffer.concat([empty, empty])],
  ])('with %s is none, and no use case runs', async (_name, body) => {
    const rig = await openRig();
    expect(await rawCall(rig.grpc.addresses[0]!, body)).toMatchObject({ 'grpc-status': '12' });
    expect(rig.handled).toEqual(['remora.v1.RouterService/SelectAccount 12']);
    expect(rig.faults).toEqual([]);
  });
});
