import { describe, expect, test } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Call } from '../../src/routing/api.ts';
import { openRig, refused, selectByName, selected, until } from '../unit/transport/rig.ts';
import {
  abandoning,
  encoded,
  gated,
  openRawRoute,
  openRoute,
  report,
  reported,
  select,
} from '../unit/transport/route-client.ts';

describe('leases', () => {
  test('those not reported are released when the client ends the stream', async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({ router: { select: selectByName, report: reported, abandon } });
    const { stream, answers, status } = openRoute(rig);
    for (const id of [1, 2, 3]) stream.write(select(id));
    await until(() => answers.size === 3);
    stream.write(report(4, 'lease-of-2'));
    await until(() => answers.size === 4);
    expect(abandoned).toEqual([]);
    stream.end();
    await until(() => status() === 0);
    expect(abandoned.sort()).toEqual(['lease-of-1', 'lease-of-3']);
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 0']);
  });

  test("a report's next lease counts among them; a refused report leaves its own there", async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({
      router: {
        select: selectByName,
        async report({ leaseId }) {
          if (leaseId === 'lease-of-2') return refused({ kind: 'unavailable', message: 'later' });
          return { kind: 'reported', answer: { duplicate: false, next: selected('next') } };
        },
        abandon,
      },
    });
    const { stream, answers, status } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 2);
    stream.write(report(3, 'lease-of-1'));
    stream.write(report(4, 'lease-of-2'));
    await until(() => answers.size === 4);
    stream.end();
    await until(() => status() === 0);
    expect(abandoned.sort()).toEqual(['lease-of-2', 'next']);
  });

  test('a half-closed stream is answered to the last call before it ends', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = openRoute(rig);
    stream.write(select(1));
    stream.end();
    await until(() => gates.size === 1);
    expect(status()).toBeUndefined();
    gates.get('1')!();
    await until(() => status() === 0);
    expect(answers.get(1)).toMatchObject({ case: 'select' });
    expect(abandoned).toEqual(['lease-of-1']);
  });

  test('a cancelled stream cancels its waits, releases at once, and gives back what comes later', async () => {
    const { abandoned, abandon } = abandoning();
    const gate = Promise.withResolvers<void>();
    const calls: Call[] = [];
    const rig = await openRig({
      router: {
        async select(request, call) {
          if (request.requestId === '2') {
            calls.push(call);
            await gate.promise;
          }
          return selectByName(request);
        },
        abandon,
      },
    });
    const { stream, answers } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 1 && calls.length === 1);
    stream.cancel();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-1']);
    expect(calls[0]!.cancelled).toBe(true);
    gate.resolve();
    await until(() => abandoned.length === 2);
    expect(abandoned).toEqual(['lease-of-1', 'lease-of-2']);
    expect(rig.handled).toEqual(['remora.v1.RouterService/Route 1']);
  });

  test('a lost connection does the same', async () => {
    const { abandoned, abandon } = abandoning();
    const rig = await openRig({ router: { select: selectByName, abandon } });
    const { stream, answers, session } = openRawRoute(rig);
    stream.write(encoded(select(1)));
    await until(() => answers() === 1);
    session.destroy();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-1']);
  });

  test('a report in flight when the connection is lost still settles its lease', async () => {
    const { abandoned, abandon } = abandoning();
    const gate = Promise.withResolvers<void>();
    const reports: string[] = [];
    const rig = await openRig({
      router: {
        select: selectByName,
        async report({ leaseId }) {
          reports.push(leaseId);
          await gate.promise;
          return leaseId === 'lease-of-1' ? reported() : refused({ kind: 'unavailable', message: 'later' });
        },
        abandon,
      },
    });
    const { stream, answers } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => answers.size === 2);
    stream.write(report(3, 'lease-of-1'));
    stream.write(report(4, 'lease-of-2'));
    await until(() => reports.length === 2);
    stream.cancel();
    await until(() => rig.handled.length === 1);
    expect(abandoned).toEqual([]);
    gate.resolve();
    await until(() => abandoned.length === 1);
    expect(abandoned).toEqual(['lease-of-2']);
  });
});

describe('drain', () => {
  test('calls in flight are answered, new ones refused, and no lease is released', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => gates.size === 2);
    gates.get('1')!();
    await until(() => answers.size === 1);
    const closed = rig.grpc.close({ graceMs: 60_000 });
    stream.write(select(3));
    await until(() => answers.has(3));
    expect(answers.get(3)).toMatchObject({ case: 'error', value: { code: 14 } });
    expect(status()).toBeUndefined();
    gates.get('2')!();
    await closed;
    expect(answers.get(2)).toMatchObject({ case: 'select' });
    await until(() => status() !== undefined);
    expect(status()).toBe(14);
    expect(abandoned).toEqual([]);
  });

  test('what is still in flight at its end is cut, and keeps its leases', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, calls, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream, answers, status } = openRoute(rig);
    stream.write(select(1));
    stream.write(select(2));
    await until(() => gates.size === 2);
    gates.get('1')!();
    await until(() => answers.size === 1);
    await rig.grpc.close({ graceMs: 1 });
    await until(() => status() !== undefined);
    expect(calls.every((call) => call.cancelled)).toBe(true);
    expect(abandoned).toEqual([]);
  });

  test('a client that had left before is still cleaned up after', async () => {
    const { abandoned, abandon } = abandoning();
    const { gates, select: run } = gated();
    const rig = await openRig({ router: { select: run, abandon } });
    const { stream } = openRoute(rig);
    stream.write(select(1));
    stream.end();
    await until(() => gates.size === 1);
    // The half-close follows its message; a second call on the connection shows that it has arrived.
    await rig.client.unary(RouterService.method.renewLease, { leaseId: '' }).catch(() => undefined);
    const closed = rig.grpc.close({ graceMs: 60_000 });
    gates.get('1')!();
    await closed;
    expect(abandoned).toEqual(['lease-of-1']);
  });
});
