import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ReportResultRequestSchema, SelectAccountRequestSchema } from '../../gen/remora/v1/router_pb.ts';
import { bytesField, varintBytes, writeVarint } from './wire.ts';

/** Which requests the load consists of. */
export interface Mix {
  /** Asked in turn. */
  readonly groups: readonly string[];
  /** Sessions asked for in turn; 0: requests without one. */
  readonly sessions: number;
  /** Users asked for in turn, at most 100; 0: requests without one. */
  readonly users: number;
  /** Whether reports tell what was used. */
  readonly usage: boolean;
  /** Asked for in turn. Default: the usual one alone. */
  readonly models?: readonly string[];
  /** Reports tell of an upstream that answered 429 and asked to be left alone for two hours. Default: of successes. */
  readonly failing?: boolean;
}

/** The requests as a client library would encode them, of one length each, so that only digits change from call to call. */
export interface Messages {
  /** The n-th SelectAccountRequest; written over by the next. */
  select(n: number): Buffer;
  /** A ReportResultRequest of a success; written over by the next. */
  report(leaseId: Buffer): Buffer;
}

/** The model requests ask for unless their mix names others. */
export const model = 'claude-sonnet-4-5';

const sessionDigits = 8;
const userDigits = 2;
const scratchBytes = 4096;

/** A report of the mix, without the lease it is about. */
export function reportOf({
  usage,
  failing = false,
}: Mix): MessageInitShape<typeof ReportResultRequestSchema> {
  return {
    ...(failing
      ? {
          outcome: { case: 'failure', value: { httpStatus: 429, body: rateLimitBody } },
          responseHeaders: { 'retry-after': '7200' },
        }
      : { outcome: { case: 'success', value: {} } }),
    ...(usage && {
      usage: { inputTokens: 1_200n, outputTokens: 350n, cacheReadTokens: 9_000n, standardCost: 0.012 },
    }),
    duration: { seconds: 4n, nanos: 200_000_000 },
  };
}

const rateLimitBody = '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}';

export function createMessages(mix: Mix): Messages {
  const { groups, sessions, users, models = [model] } = mix;
  const templates = models.flatMap((name) =>
    groups.map((groupId) => template({ groupId, model: name, sessions, users })),
  );
  const reportTail = Buffer.from(
    toBinary(ReportResultRequestSchema, create(ReportResultRequestSchema, reportOf(mix))),
  );
  const scratch = Buffer.alloc(scratchBytes);
  return {
    select(n) {
      const { bytes, sessionAt, userAt } = templates[n % templates.length]!;
      if (sessionAt >= 0) writeDigits(bytes, sessionAt, sessionDigits, n % sessions);
      if (userAt >= 0) writeDigits(bytes, userAt, userDigits, n % users);
      return bytes;
    },
    report(leaseId) {
      scratch[0] = leaseIdTag;
      let at = writeVarint(scratch, 1, leaseId.length);
      scratch.set(leaseId, at);
      at += leaseId.length;
      scratch.set(reportTail, at);
      return scratch.subarray(0, at + reportTail.length);
    },
  };
}

/** Field 1, length-delimited. */
const leaseIdTag = 0x0a;

interface Template extends Pick<Mix, 'sessions' | 'users'> {
  readonly groupId: string;
  readonly model: string;
}

function template({ groupId, model, sessions, users }: Template) {
  const sessionId = sessions === 0 ? '' : `session-${'#'.repeat(sessionDigits)}`;
  const userId = users === 0 ? '' : `user-${'#'.repeat(userDigits)}`;
  const message = create(SelectAccountRequestSchema, { groupId, model, sessionId, userId });
  const bytes = Buffer.from(toBinary(SelectAccountRequestSchema, message));
  const digitsOf = (text: string) => (text === '' ? -1 : bytes.indexOf(text) + text.indexOf('#'));
  return { bytes, sessionAt: digitsOf(sessionId), userAt: digitsOf(userId) };
}

function writeDigits(target: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let index = at + digits - 1; index >= at; index -= 1) {
    target[index] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** The lease's id in a SelectAccountResponse; undefined where it is no selection. */
export function leaseIdOf(response: Buffer): Buffer | undefined {
  const selection = bytesField(response, 1);
  const lease = selection === undefined ? undefined : bytesField(selection, 3);
  return lease === undefined ? undefined : bytesField(lease, 1);
}

/** The field of a RouteRequest, and of a RouteResponse, that holds the call. */
export const routeField = { select: 2, report: 3 } as const;

/** Puts a call into a RouteRequest; the bytes are written over by the next. */
export function createRouteFraming(): (id: number, field: number, call: Buffer) => Buffer {
  const scratch = Buffer.alloc(scratchBytes + 32);
  return (id, field, call) => {
    scratch[0] = 0x08;
    let at = writeVarint(scratch, 1, id);
    scratch[at++] = (field << 3) | 2;
    at = writeVarint(scratch, at, call.length);
    scratch.set(call, at);
    return scratch.subarray(0, 1 + varintBytes(id) + 1 + varintBytes(call.length) + call.length);
  };
}
