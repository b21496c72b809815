import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { Health, type HealthCheckResponse } from '../../gen/health/v1/health_pb.ts';
import { openReflection } from '../support/reflection.ts';
import { openRig, type Rig, until } from '../unit/transport/rig.ts';

const { check, list, watch } = Health.method;
const [SERVING, NOT_SERVING, SERVICE_UNKNOWN] = [1, 2, 3];

describe('grpc.health.v1', () => {
  test('starts with NOT_SERVING and follows what it is told', async () => {
    const rig = await openRig();
    const statusOf = async (service: string) => (await rig.client.unary(check, { service })).status;
    expect(await statusOf('')).toBe(NOT_SERVING);
    rig.health.setServing(true);
    expect(await statusOf('')).toBe(SERVING);
    expect(await statusOf('remora.v1.RouterService')).toBe(SERVING);
    rig.health.setServing(false);
    expect(await statusOf('remora.v1.RouterService')).toBe(NOT_SERVING);
  });

  test('another service is NOT_FOUND', async () => {
    const rig = await openRig();
    await expect(rig.client.unary(check, { service: 'remora.v1.AdminService' })).rejects.toMatchObject({
      code: 5,
    });
    expect(rig.handled).toEqual(['grpc.health.v1.Health/Check 5']);
  });

  test('lists both', async () => {
    const rig = await openRig();
    rig.health.setServing(true);
    expect((await rig.client.unary(list)).statuses).toMatchObject({
      '': { status: SERVING },
      'remora.v1.RouterService': { status: SERVING },
    });
  });

  test('a watch sees each change once, and the end of the server', async () => {
    const rig = await openRig();
    const { statuses, ended } = watched(rig, 'remora.v1.RouterService');
    await until(() => statuses.length === 1);
    rig.health.setServing(true);
    rig.health.setServing(true);
    await until(() => statuses.length === 2);
    rig.health.setServing(false);
    await rig.grpc.close({ graceMs: 60_000 });
    await until(ended);
    expect(statuses).toEqual([NOT_SERVING, SERVING, NOT_SERVING]);
  });

  test('a watch of an unknown service stays open', async () => {
    const rig = await openRig();
    const { statuses, ended } = watched(rig, 'other');
    await until(() => statuses.length === 1);
    rig.health.setServing(true);
    await rig.client.unary(check, {});
    expect(statuses).toEqual([SERVICE_UNKNOWN]);
    expect(ended()).toBe(false);
  });

  test('a watch that its client ends is forgotten', async () => {
    const rig = await openRig();
    const { statuses, stream } = watched(rig, '');
    await until(() => statuses.length === 1);
    stream.cancel();
    await until(() => rig.handled.length === 1);
    expect(rig.handled).toEqual(['grpc.health.v1.Health/Watch 1']);
    rig.health.setServing(true);
    await rig.client.unary(check, {});
    expect(statuses).toHaveLength(1);
  });
});

function watched(rig: Rig, service: string) {
  const stream = rig.client.serverStream(watch, { service });
  const statuses: number[] = [];
  let ended = false;
  stream.on('data', ({ status }: HealthCheckResponse) => statuses.push(status));
  stream.on('error', () => undefined);
  stream.on('end', () => {
    ended = true;
  });
  return { stream, statuses, ended: () => ended };
}

describe('server reflection', () => {
  test.each(['v1', 'v1alpha'])(
    '%s lists the services and describes them with all they import',
    async (version) => {
      const rig = await openRig();
      const ask = await openReflection(rig.grpc.addresses[0]!, version);
      expect((await ask({ listServices: '*' })).listServicesResponse).toMatchObject({
        service: [{ name: 'remora.v1.RouterService' }, { name: 'grpc.health.v1.Health' }],
      });
      const { fileDescriptorResponse } = await ask({ fileContainingSymbol: 'remora.v1.RouterService' });
      const files = new Map<string, FileDescriptorProto>();
      for (const bytes of fileDescriptorResponse!.fileDescriptorProto) {
        const file = fromBinary(FileDescriptorProtoSchema, Uint8Array.from(bytes));
        files.set(file.name, file);
      }
      const router = files.get('remora/v1/router.proto')!;
      expect(router.service[0]!.method.map(({ name }) => name)).toEqual([
        'SelectAccount',
        'ReportResult',
        'ListModels',
        'RenewLease',
        'Route',
      ]);
      expect(router.dependency.every((name) => files.has(name))).toBe(true);
      expect((await ask({ fileContainingSymbol: 'no.Such' })).errorResponse).toMatchObject({ errorCode: 5 });
      expect((await ask({ fileByFilename: 'remora/v1/admin.proto' })).errorResponse).toMatchObject({
        errorCode: 5,
      });
    },
  );
});
