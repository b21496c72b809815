/**
 * The floor: a bare @grpc/grpc-js server that answers SelectAccount and ReportResult with messages as remora's own, read and
 * written by the same codec, and does nothing else. With --redis each SelectAccount waits for one GET first.
 *
 *   node bench/floors/echo.ts --listen 127.0.0.1:0 [--listen unix:/path] [--redis redis://host:port]
 */
import { parseArgs } from 'node:util';
import { create, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import {
  ReportResultRequestSchema,
  type ReportResultResponse,
  ReportResultResponseSchema,
  SelectAccountRequestSchema,
  type SelectAccountResponse,
  SelectAccountResponseSchema,
} from '../../gen/remora/v1/router_pb.ts';

const { values } = parseArgs({
  options: { listen: { type: 'string', multiple: true }, redis: { type: 'string' } },
});

const selected = create(SelectAccountResponseSchema, {
  outcome: {
    case: 'selection',
    value: {
      account: {
        id: 'account-00000',
        name: 'account-00000',
        platform: 'anthropic',
        type: 3,
        priority: 50,
        baseUrl: 'https://api.example.com',
        labels: { region: 'eu' },
      },
      upstreamModel: 'claude-sonnet-4-5',
      lease: {
        id: 'l1mi7a0q2xAbCdEfGhIjKl.MTM6NTphY2NvdW50LTAwMDAwZ3JvdXBjbGF1ZGUtc29ubmV0LTQtNQ',
        expiresAt: { seconds: 1_760_000_000n, nanos: 500_000_000 },
      },
      rateMultiplier: 1.5,
      sticky: 2,
      attempt: 1,
    },
  },
});
const reported = create(ReportResultResponseSchema);

// Statistics that nobody reads are off here as they are in remora, so that the floor is as low as the library allows.
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    selectAccount: unary('SelectAccount', SelectAccountRequestSchema, SelectAccountResponseSchema),
    reportResult: unary('ReportResult', ReportResultRequestSchema, ReportResultResponseSchema),
  },
  { selectAccount: await selectHandler(values.redis), reportResult },
);
const grpc: string[] = [];
for (const address of values.listen ?? ['127.0.0.1:0']) grpc.push(await bind(address));
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', grpc })}\n`);

function unary(name: string, input: DescMessage, output: DescMessage) {
  const unused = (): never => {
    throw new Error('a server neither writes requests nor reads responses');
  };
  return {
    path: `/remora.v1.RouterService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: unused,
    requestDeserialize: (bytes: Buffer) => fromBinary(input, bytes, { readUnknownFields: false }),
    responseSerialize: (message: Message) => {
      const bytes = toBinary(output, message);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    responseDeserialize: unused,
  } as const;
}

async function selectHandler(
  redisUrl: string | undefined,
): Promise<handleUnaryCall<Message, SelectAccountResponse>> {
  if (redisUrl === undefined) return (_call, respond) => respond(null, selected);
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  await redis.set('floor', 'x'.repeat(64));
  return (_call, respond) => {
    redis.get('floor').then(
      () => respond(null, selected),
      (error: Error) => respond(error),
    );
  };
}

function reportResult(
  _call: Parameters<handleUnaryCall<Message, ReportResultResponse>>[0],
  respond: Parameters<handleUnaryCall<Message, ReportResultResponse>>[1],
): void {
  respond(null, reported);
}

function bind(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(error);
      else resolve(address.startsWith('unix:') ? address : address.replace(/:\d+$/, `:${port}`));
    });
  });
}
