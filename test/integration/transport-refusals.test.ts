import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import type { Code } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { SelectionFailureSchema } from '../../gen/remora/v1/selection_pb.ts';
import type { Refusal } from '../../src/routing/api.ts';
import { createHttpClient } from '../support/clients.ts';
import { connectFailure, grpcFailure } from '../unit/transport/failures.ts';
import { openRig, refused } from '../unit/transport/rig.ts';

const { selectAccount } = RouterService.method;

const failure = {
  rejections: [{ verdict: 'COOLING_DOWN', count: 2 }],
  attempts: [],
  attemptsOmitted: 0,
  earliestAvailableMs: 12_500,
} as const;

/** A clock that stands still, so that a delay from now is exact. */
const clock = { now: () => 10_000, schedule: () => ({ cancel: () => undefined }) };

describe('refusals', () => {
  test.each<[Refusal['kind'], number]>([
    ['invalid', 3],
    ['not_found', 5],
    ['exhausted', 8],
    ['precondition', 9],
    ['permission', 7],
    ['unavailable', 14],
    ['cancelled', 1],
  ])('%s is code %i over every protocol', async (kind, code) => {
    const rig = await openRig({
      router: { select: async () => refused({ kind, message: 'no: try again' }) },
    });
    const error = await grpcFailure(rig.client.unary(selectAccount));
    expect([error.code, error.details]).toEqual([code, 'no: try again']);
    for (const protocol of ['connect', 'connect-json', 'grpc-web'] as const) {
      const client = createHttpClient(RouterService, rig.http.addresses[0]!, protocol);
      const refusal = await connectFailure(client.selectAccount({}));
      expect([refusal.code, refusal.rawMessage]).toEqual([code as Code, 'no: try again']);
    }
    expect(rig.handled).toEqual(Array(4).fill(`remora.v1.RouterService/SelectAccount ${code}`));
  });

  test.each<Refusal['kind']>(['exhausted', 'precondition'])(
    '%s carries why, and when to come back, in the details of both protocols',
    async (kind) => {
      const select = async () => refused({ kind, message: 'spent', failure });
      const rig = await openRig({ router: { select }, clock });

      const error = await grpcFailure(rig.client.unary(selectAccount));
      const status = fromBinary(StatusSchema, error.metadata.get('grpc-status-details-bin')[0] as Buffer);
      expect(status).toMatchObject({ code: error.code, message: 'spent' });
      expect(anyUnpack(status.details[0]!, SelectionFailureSchema)).toMatchObject({
        rejections: [{ verdict: 6, count: 2 }],
        earliestAvailable: { seconds: 12n, nanos: 500_000_000 },
      });
      expect(anyUnpack(status.details[1]!, RetryInfoSchema)).toMatchObject({
        retryDelay: { seconds: 2n, nanos: 500_000_000 },
      });

      for (const protocol of ['connect', 'connect-json', 'grpc-web'] as const) {
        const client = createHttpClient(RouterService, rig.http.addresses[0]!, protocol);
        const refusal = await connectFailure(client.selectAccount({}));
        expect(refusal.findDetails(SelectionFailureSchema)).toMatchObject([
          { rejections: [{ verdict: 6, count: 2 }] },
        ]);
        expect(refusal.findDetails(RetryInfoSchema)).toMatchObject([
          { retryDelay: { seconds: 2n, nanos: 500_000_000 } },
        ]);
      }
    },
  );

  test('a time in the past means now, an unknown one is left out', async () => {
    const earliest = [9000, undefined];
    const select = async () => {
      const { earliestAvailableMs: _known, ...unknown } = failure;
      const next = earliest.shift();
      const told = next === undefined ? unknown : { ...unknown, earliestAvailableMs: next };
      return refused({ kind: 'exhausted', message: 'spent', failure: told });
    };
    const rig = await openRig({ router: { select }, clock });
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    const retryOf = async () => (await connectFailure(client.selectAccount({}))).findDetails(RetryInfoSchema);
    expect((await retryOf())[0]!.retryDelay).toMatchObject({ seconds: 0n, nanos: 0 });
    expect(await retryOf()).toEqual([]);
  });
});

describe('faults of our own', () => {
  test.each([
    ['a rejection', () => Promise.reject(new Error('secret of the database'))],
    [
      'a throw',
      () => {
        throw new Error('secret of the database');
      },
    ],
  ])('%s is INTERNAL without a word of what it was, and goes to the log', async (_name, select) => {
    const rig = await openRig({ router: { select } });
    const error = await grpcFailure(rig.client.unary(selectAccount));
    expect([error.code, error.details]).toEqual([13, 'internal error']);
    const client = createHttpClient(RouterService, rig.http.addresses[0]!);
    const overHttp = await connectFailure(client.selectAccount({}));
    expect([overHttp.code, overHttp.rawMessage]).toEqual([13, 'internal error']);
    expect(JSON.stringify([error, overHttp])).not.toContain('secret');
    expect(rig.faults.map(({ method, error }) => [method, String(error)])).toEqual(
      Array(2).fill(['SelectAccount', 'Error: secret of the database']),
    );
  });
});
