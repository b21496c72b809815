import { connect as connectH2, type OutgoingHttpHeaders } from 'node:http2';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { RouteRequestSchema, type RouteResponse, RouterService } from '../../../gen/remora/v1/router_pb.ts';
import type { Call, Router, SelectOutcome, SelectRequest } from '../../../src/routing/api.ts';
import { frame, grpcHeaders } from './raw-grpc.ts';
import { type Rig, refused, selected } from './rig.ts';

const { route } = RouterService.method;
export type Init = MessageInitShape<typeof RouteRequestSchema>;

export const select = (id: number, requestId = String(id)): Init => ({
  id: BigInt(id),
  call: { case: 'select', value: { requestId } },
});
export const report = (id: number, leaseId: string): Init => ({
  id: BigInt(id),
  call: { case: 'report', value: { leaseId, outcome: { case: 'success', value: {} } } },
});

/** A stream with what it has received, by id. */
export interface OpenRoute {
  readonly stream: ClientDuplexStream<Init, RouteResponse>;
  readonly order: number[];
  readonly answers: Map<number, RouteResponse['result']>;
  /** Undefined while the stream is open. */
  status(): number | undefined;
}

export function openRoute(rig: Rig): OpenRoute {
  const stream = rig.client.bidi(route);
  const order: number[] = [];
  const answers: OpenRoute['answers'] = new Map();
  let status: number | undefined;
  stream.on('data', (response: RouteResponse) => {
    order.push(Number(response.id));
    answers.set(Number(response.id), response.result);
  });
  stream.on('error', (error: ServiceError) => {
    status = error.code;
  });
  stream.on('end', () => {
    status ??= 0;
  });
  return { stream, order, answers, status: () => status };
}

/** Selects that wait until the test lets them go, by request id. */
export function gated() {
  const gates = new Map<string, (outcome?: SelectOutcome) => void>();
  const calls: Call[] = [];
  const run = (request: SelectRequest, call: Call) =>
    new Promise<SelectOutcome>((resolve) => {
      calls.push(call);
      const own = selected(`lease-of-${request.requestId}`);
      gates.set(request.requestId, (outcome = own) => resolve(outcome));
      call.onCancel(() => resolve(refused({ kind: 'cancelled', message: 'gone' })));
    });
  return { gates, calls, select: run };
}

export function abandoning(): { readonly abandoned: string[]; readonly abandon: Router['abandon'] } {
  const abandoned: string[] = [];
  return { abandoned, abandon: async (ids) => void abandoned.push(...ids) };
}

export const reported = async () => ({ kind: 'reported', answer: { duplicate: false } }) as const;

/** Enough round trips on another connection that whatever the server had to read, it has read. */
export async function settled(rig: Rig): Promise<void> {
  const other = rig.connect();
  for (let turn = 0; turn < 20; turn++) {
    await other.unary(RouterService.method.renewLease, { leaseId: '' }).catch(() => undefined);
  }
}

/** A Route stream at the level of HTTP/2, for what no client would send and for losing the connection. */
export function openRawRoute(rig: Rig, headers: OutgoingHttpHeaders = {}) {
  const session = connectH2(`http://${rig.grpc.addresses[0]}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ...grpcHeaders('Route'), ...headers });
  stream.on('error', () => undefined);
  let pending = Buffer.alloc(0);
  let count = 0;
  stream.on('data', (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
      pending = pending.subarray(5 + pending.readUInt32BE(1));
      count++;
    }
  });
  /** Whole messages received. */
  const answers = (): number => count;
  return { session, stream, answers };
}

export function encoded(request: Init): Buffer {
  return frame(Buffer.from(toBinary(RouteRequestSchema, create(RouteRequestSchema, request))));
}
