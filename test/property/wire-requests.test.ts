import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { TransportError } from '../../gen/remora/v1/failure_pb.ts';
import {
  RenewLeaseRequestSchema,
  ReportResultRequestSchema,
  RouteRequestSchema,
  SelectAccountRequestSchema,
} from '../../gen/remora/v1/router_pb.ts';
import type { StickyPolicy } from '../../gen/remora/v1/selection_pb.ts';
import { readReport } from '../../src/transport/codec/read-report.ts';
import { readRoute } from '../../src/transport/codec/read-route.ts';
import { readRenew, readSelect } from '../../src/transport/codec/read-select.ts';
import { decodeReport } from '../../src/transport/codec/report.ts';
import { decodeSelect } from '../../src/transport/codec/select.ts';
import { WireReader } from '../../src/transport/codec/wire/reader.ts';
import { type Draws, drawsOf } from './random.ts';
import { damaged, randomDouble, randomFields, randomInt32, randomText, randomUint64 } from './random-wire.ts';

type Init<Schema extends DescMessage> = MessageInitShape<Schema>;

const runs = 15_000;

/** The value of a field that may be left out. */
const maybe = <Value>(draws: Draws, value: () => Value): Value | undefined =>
  draws.chance(0.5) ? value() : undefined;
const int64 = (draws: Draws) => BigInt.asIntN(64, randomUint64(draws));
const duration = (draws: Draws) => ({ seconds: int64(draws), nanos: randomInt32(draws) });
const list = <Item>(draws: Draws, item: () => Item): Item[] => Array.from({ length: draws.below(5) }, item);

function randomSelect(draws: Draws): Init<typeof SelectAccountRequestSchema> {
  const text = () => randomText(draws);
  return {
    groupId: text(),
    model: text(),
    sessionId: text(),
    userId: text(),
    platform: text(),
    excludedAccountIds: list(draws, text),
    prefetchedSticky: maybe(draws, () => ({ accountId: text(), groupId: text() })),
    maxWait: maybe(draws, () => duration(draws)),
    requestId: text(),
    failoverFrom: text(),
    leaseTtl: maybe(draws, () => duration(draws)),
    includeCredential: draws.chance(0.5),
    stickyPolicy: randomInt32(draws) as StickyPolicy,
  };
}

function randomReport(draws: Draws): Init<typeof ReportResultRequestSchema> {
  const text = () => randomText(draws);
  const failure = () => ({
    httpStatus: randomInt32(draws),
    body: text(),
    transportError: randomInt32(draws) as TransportError,
    message: text(),
  });
  return {
    leaseId: text(),
    outcome: draws.pick([
      { case: undefined },
      { case: 'success', value: {} },
      { case: 'failure', value: failure() },
      { case: 'cancelled', value: {} },
    ]),
    usage: maybe(draws, () => ({
      inputTokens: int64(draws),
      outputTokens: int64(draws),
      cacheReadTokens: int64(draws),
      cacheCreationTokens: int64(draws),
      standardCost: maybe(draws, () => randomDouble(draws)),
    })),
    responseHeaders: Object.fromEntries(list(draws, () => [text(), text()])),
    timeToFirstToken: maybe(draws, () => duration(draws)),
    duration: maybe(draws, () => duration(draws)),
    selectNext: draws.chance(0.5),
  };
}

const randomRenew = (draws: Draws): Init<typeof RenewLeaseRequestSchema> => ({
  leaseId: randomText(draws),
  ttl: maybe(draws, () => duration(draws)),
});

function randomRoute(draws: Draws): Init<typeof RouteRequestSchema> {
  const call = draws.pick<() => Init<typeof RouteRequestSchema>['call']>([
    () => ({ case: 'select', value: randomSelect(draws) }),
    () => ({ case: 'report', value: randomReport(draws) }),
    () => ({ case: 'renew', value: randomRenew(draws) }),
    () => ({ case: undefined }),
  ])();
  return { id: randomUint64(draws), call: call! };
}

/** Equal in every field, whether one that is unset is undefined or absent. */
function same(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other);
  }
  const [ours, theirs] = [definedIn(one), definedIn(other)];
  return (
    ours.size === theirs.size &&
    [...ours].every(([name, value]) => theirs.has(name) && same(value, theirs.get(name)))
  );
}

const definedIn = (value: object): Map<unknown, unknown> =>
  new Map(
    (value instanceof Map ? [...value] : Object.entries(value)).filter(([, field]) => field !== undefined),
  );

function attempt<Result>(read: () => Result): Result | 'refused' {
  try {
    return read();
  } catch {
    return 'refused';
  }
}

/** A message's bytes, or such as may be one: whole, damaged, twice in a row, or made of loose fields. */
function randomBytes<D extends DescMessage>(
  draws: Draws,
  schema: D,
  init: (draws: Draws) => Init<D>,
): Buffer {
  const whole = () => Buffer.from(toBinary(schema, create(schema, init(draws))));
  const kind = draws.below(4);
  if (kind === 0) return whole();
  if (kind === 1) return damaged(draws, whole());
  if (kind === 2) return Buffer.concat([whole(), whole(), randomFields(draws)]);
  const loose = Buffer.from(randomFields(draws));
  return draws.chance(0.5) ? loose : damaged(draws, loose);
}

const lax = { readUnknownFields: false };

/** What stands around a message in its chunk: bytes that would do to complete a message cut off. */
const around = Buffer.from([0x00, 0x01, 0x0a, 0x00, 0x08, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]);

/** Reads a message in the middle of a chunk. */
const inside =
  <T>(read: (reader: WireReader) => T) =>
  (bytes: Buffer): T => {
    const chunk = Buffer.concat([around, bytes, around]);
    return read(new WireReader(chunk, around.length, around.length + bytes.length));
  };

const whole = <T>(read: (reader: WireReader, end: number) => T) =>
  inside((reader) => read(reader, reader.limit));

/** Runs one comparison per seed, and answers how many were taken. Fails on the first that differs, by seed and bytes. */
function compare<D extends DescMessage>(
  schema: D,
  init: (draws: Draws) => Init<D>,
  read: (bytes: Buffer) => unknown,
): number {
  let taken = 0;
  for (let seed = 0; seed < runs; seed++) {
    const bytes = randomBytes(drawsOf(seed), schema, init);
    const expected = attempt(() => fromBinary(schema, bytes, lax));
    const actual = attempt(() => read(bytes));
    if (expected !== 'refused') taken++;
    if (!same(actual, expected)) expect({ seed, bytes, actual }).toEqual({ seed, bytes, actual: expected });
  }
  return taken;
}

describe(`the own readers of ${runs} random messages, sound and damaged, take and refuse what protobuf-es does`, () => {
  test('SelectAccountRequest', () => {
    const taken = compare(SelectAccountRequestSchema, randomSelect, whole(readSelect));
    expect(taken).toBeGreaterThan(runs / 3);
    expect(taken).toBeLessThan(runs * 0.9);
  });

  test('ReportResultRequest', () => {
    const taken = compare(ReportResultRequestSchema, randomReport, whole(readReport));
    expect(taken).toBeGreaterThan(runs / 3);
    expect(taken).toBeLessThan(runs * 0.9);
  });

  test('RenewLeaseRequest', () => {
    compare(RenewLeaseRequestSchema, randomRenew, whole(readRenew));
  });

  test('RouteRequest', () => {
    compare(RouteRequestSchema, randomRoute, (bytes) => {
      const { id, call } = inside(readRoute)(bytes);
      expect(typeof id === 'number' ? Number.isSafeInteger(id) : id > Number.MAX_SAFE_INTEGER).toBe(true);
      return { $typeName: 'remora.v1.RouteRequest', id: BigInt(id), call };
    });
  });
});

test('groups may stand in each other as deep as protobuf-es allows', () => {
  const nested = (groups: number) => [...Array(groups).fill(0x7b), ...Array(groups).fill(0x7c)];
  const message = (tag: number, content: number[]) => [
    tag,
    0x80 | (content.length & 0x7f),
    content.length >> 7,
    ...content,
  ];
  const taken: boolean[] = [];
  for (let groups = 95; groups <= 101; groups++) {
    for (const call of [nested(groups), message(0x42, nested(groups)), message(0x32, nested(groups))]) {
      for (const tag of [0x12, 0x1a]) {
        const bytes = Buffer.from(message(tag, call));
        const expected = attempt(() => fromBinary(RouteRequestSchema, bytes, lax));
        expect(attempt(() => inside(readRoute)(bytes)) === 'refused').toBe(expected === 'refused');
        taken.push(expected !== 'refused');
      }
    }
  }
  expect(new Set(taken).size).toBe(2);
});

test('what is read is decoded, or refused for the same field, as the message of protobuf-es', () => {
  for (let seed = 0; seed < runs; seed++) {
    const draws = drawsOf(seed);
    const select = randomBytes(draws, SelectAccountRequestSchema, randomSelect);
    const report = randomBytes(draws, ReportResultRequestSchema, randomReport);
    const pairs = [
      [
        attempt(() => decodeSelect(whole(readSelect)(select))),
        attempt(() => decodeSelect(fromBinary(SelectAccountRequestSchema, select, lax))),
      ],
      [
        attempt(() => decodeReport(whole(readReport)(report))),
        attempt(() => decodeReport(fromBinary(ReportResultRequestSchema, report, lax))),
      ],
    ];
    for (const [actual, expected] of pairs) {
      if (!same(actual, expected)) expect({ seed, actual }).toEqual({ seed, actual: expected });
    }
  }
});
