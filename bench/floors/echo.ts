/**
 * The floor: a bare @grpc/grpc-js server that answers SelectAccount and ReportResult with messages as remora's own, read and
 * written by the same codec, and does nothing else. With --redis each SelectAccount waits for one GET first.
 *
 *   node bench/floors/echo.ts --listen 127.0.0.1:0 [--listen unix:/path] [--redis redis://host:port]
 */
import { parseArgs } from 'node:util';
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Account } from '../../src/catalog/account.ts';
import type { ReportAnswer } from '../../src/routing/api.ts';
import { readReport } from '../../src/transport/codec/read-report.ts';
import { readSelect } from '../../src/transport/codec/read-select.ts';
import { WireReader } from '../../src/transport/codec/wire/reader.ts';
import {
  type SelectAnswer,
  writeReportAnswer,
  writeSelectAnswer,
} from '../../src/transport/codec/write-answers.ts';

const { values } = parseArgs({
  options: { listen: { type: 'string', multiple: true }, redis: { type: 'string' } },
});

// As much of an account as an answer tells of it.
const account = {
  id: 'account-00000',
  name: 'account-00000',
  platform: 'anthropic',
  type: 'api_key',
  tier: 1,
  priority: 50,
  baseUrl: 'https://api.example.com',
  proxyUrl: '',
  labels: { region: 'eu' },
} as unknown as Account;
const selected: SelectAnswer = {
  kind: 'selection',
  replayed: false,
  selection: {
    account,
    upstreamModel: 'claude-sonnet-4-5',
    lease: {
      id: 'l1mi7a0q2xAbCdEfGhIjKl.MTM6NTphY2NvdW50LTAwMDAwZ3JvdXBjbGF1ZGUtc29ubmV0LTQtNQ',
      expiresAtMs: 1_760_000_000_500,
    },
    rateMultiplier: 1.5,
    sticky: 'KEPT',
    attempt: 1,
    attempts: [],
    degraded: false,
    credential: '',
  },
};
const reported: ReportAnswer = { duplicate: false };

// Statistics that nobody reads are off here as they are in remora, so that the floor is as low as the library allows.
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    selectAccount: unary('SelectAccount', readSelect, writeSelectAnswer),
    reportResult: unary('ReportResult', readReport, writeReportAnswer),
  },
  { selectAccount: await selectHandler(values.redis), reportResult },
);
const grpc: string[] = [];
for (const address of values.listen ?? ['127.0.0.1:0']) grpc.push(await bind(address));
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready', grpc })}\n`);

function unary<Request, Answer>(
  name: string,
  read: (reader: WireReader, end: number) => Request,
  write: (answer: Answer) => Buffer,
) {
  const unused = (): never => {
    throw new Error('a server neither writes requests nor reads responses');
  };
  return {
    path: `/remora.v1.RouterService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: unused,
    requestDeserialize: (bytes: Buffer) => read(new WireReader(bytes), bytes.length),
    responseSerialize: write,
    responseDeserialize: unused,
  } as const;
}

async function selectHandler(redisUrl: string | undefined): Promise<handleUnaryCall<unknown, SelectAnswer>> {
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
  _call: Parameters<handleUnaryCall<unknown, ReportAnswer>>[0],
  respond: Parameters<handleUnaryCall<unknown, ReportAnswer>>[1],
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
