import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { CooldownScope, CooldownSource, FailoverReason } from '../../gen/remora/v1/failure_pb.ts';
import {
  ReportResultResponseSchema,
  type RouteResponse,
  RouteResponseSchema,
  SelectAccountResponseSchema,
} from '../../gen/remora/v1/router_pb.ts';
import { Verdict } from '../../gen/remora/v1/selection_pb.ts';
import type { Account } from '../../src/catalog/account.ts';
import type { Attempt, ReportAnswer, Selection, SelectionFailure } from '../../src/routing/api.ts';
import { encodeReportAnswer, encodeSelectOutcome } from '../../src/transport/codec/outcomes.ts';
import { encodeLease, encodeSelectionFailure } from '../../src/transport/codec/selection.ts';
import {
  type RouteResult,
  type SelectAnswer,
  writeReportAnswer,
  writeRouteAnswer,
  writeSelectAnswer,
} from '../../src/transport/codec/write-answers.ts';
import { Refused } from '../../src/transport/refused.ts';
import { account as plainAccount } from '../unit/transport/rig.ts';
import { type Draws, drawsOf } from './random.ts';
import { randomDouble, randomInt32, randomText, randomUint64 } from './random-wire.ts';

const runs = 8000;

/** The names of an enum's values. */
const namesOf = <Names extends string>(values: Readonly<Record<Names, unknown>>): readonly Names[] =>
  (Object.keys(values) as Names[]).filter((name) => Number.isNaN(Number(name)));
const verdicts = namesOf(Verdict).filter((name) => name !== 'UNSPECIFIED');
const reasons = namesOf(FailoverReason).filter((name) => name !== 'UNSPECIFIED');
const scopes = namesOf(CooldownScope).filter((name) => name !== 'UNSPECIFIED');
const sources = namesOf(CooldownSource).filter((name) => name !== 'UNSPECIFIED');

const list = <Item>(draws: Draws, most: number, item: () => Item): Item[] =>
  Array.from({ length: draws.below(most) }, item);

/** A time in milliseconds, fractions and what lies before the epoch included. */
const randomTime = (draws: Draws): number =>
  draws.pick([
    0,
    0.5,
    999,
    1000,
    1_760_000_000_500,
    1_760_000_000_123.25,
    -1,
    -1500.5,
    8.64e15,
    2 ** 31 * 1000,
  ]) + (draws.chance(0.5) ? draws.below(100_000) : 0);

function randomAccount(draws: Draws): Account {
  const text = () => randomText(draws);
  return {
    ...plainAccount,
    id: text(),
    name: text(),
    platform: text(),
    type: draws.pick(['oauth', 'setup_token', 'api_key', 'bedrock', 'other']),
    tier: draws.pick([0, 1, 2]),
    priority: randomInt32(draws),
    baseUrl: text(),
    proxyUrl: text(),
    labels: Object.fromEntries(list(draws, 8, () => [text(), text()])),
  };
}

const randomAttempt = (draws: Draws): Attempt => ({
  accountId: randomText(draws),
  model: randomText(draws),
  reason: draws.pick(reasons),
  skipped: draws.chance(0.5),
  durationMs: draws.pick([0, 0.25, 1, 1500, 3_600_000.5]),
});

function randomSelection(draws: Draws, accounts: readonly Account[]): Selection {
  const plain: Selection = {
    account: draws.pick(accounts),
    upstreamModel: randomText(draws),
    lease: { id: randomText(draws), expiresAtMs: randomTime(draws) },
    rateMultiplier: randomDouble(draws),
    sticky: draws.pick(['NONE', 'BOUND', 'KEPT', 'MOVED']),
    attempt: randomInt32(draws),
    attempts: draws.chance(0.7) ? [] : list(draws, 33, () => randomAttempt(draws)),
    degraded: draws.chance(0.2),
    credential: draws.chance(0.8) ? '' : randomText(draws),
  };
  if (draws.chance(0.7)) return plain;
  return { ...plain, movedFrom: { accountId: randomText(draws), verdict: draws.pick(verdicts) } };
}

function randomAnswer(draws: Draws, accounts: readonly Account[]): SelectAnswer {
  if (draws.chance(0.9)) {
    return { kind: 'selection', selection: randomSelection(draws, accounts), replayed: false };
  }
  const plan = {
    accountId: randomText(draws),
    maxConcurrency: randomInt32(draws),
    timeoutMs: draws.pick([0, 30_000, 45_000.5]),
    maxWaiting: randomInt32(draws),
    waiting: randomInt32(draws),
  };
  return { kind: 'wait_plan', plan };
}

const randomFailure = (draws: Draws): SelectionFailure => ({
  rejections: list(draws, 4, () => ({ verdict: draws.pick(verdicts), count: randomInt32(draws) })),
  attempts: list(draws, 3, () => randomAttempt(draws)),
  attemptsOmitted: randomInt32(draws),
  ...(draws.chance(0.5) ? { earliestAvailableMs: randomTime(draws) } : {}),
});

function randomReportAnswer(draws: Draws, accounts: readonly Account[]): ReportAnswer {
  const duplicate = draws.chance(0.3);
  if (draws.chance(0.3)) return { duplicate };
  const cooldown = {
    scope: draws.pick(scopes),
    untilMs: randomTime(draws),
    source: draws.pick(sources),
  };
  const classification = {
    reason: draws.pick(reasons),
    failover: draws.chance(0.5),
    ...(draws.chance(0.5) ? { cooldown } : {}),
  };
  if (draws.chance(0.3)) return { duplicate, classification };
  if (draws.chance(0.6)) return { duplicate, classification, next: randomAnswer(draws, accounts) };
  const refusal = { kind: 'exhausted' as const, message: 'none left' };
  const failed = draws.chance(0.5) ? { ...refusal, failure: randomFailure(draws) } : refusal;
  return { duplicate, classification, next: { kind: 'refused', refusal: failed } };
}

function randomResult(draws: Draws, accounts: readonly Account[]): RouteResult {
  const kind = draws.below(8);
  if (kind < 4) return { case: 'select', value: randomAnswer(draws, accounts) };
  if (kind < 6) return { case: 'report', value: randomReportAnswer(draws, accounts) };
  if (kind === 6) {
    const lease = encodeLease({ id: randomText(draws), expiresAtMs: randomTime(draws) });
    return { case: 'renew', value: { $typeName: 'remora.v1.RenewLeaseResponse', lease } };
  }
  return {
    case: 'error',
    value: {
      $typeName: 'remora.v1.RouteError',
      code: randomInt32(draws),
      message: randomText(draws),
      selectionFailure: encodeSelectionFailure(randomFailure(draws)),
    },
  };
}

/** What Connect answers with. */
function messageOf(answer: SelectAnswer) {
  const message = encodeSelectOutcome(answer);
  if (message instanceof Refused) throw new Error('no answer is refused here');
  return message;
}

function routeMessage(id: bigint, result: RouteResult): RouteResponse {
  const $typeName = 'remora.v1.RouteResponse';
  if (result.case === 'select') {
    return { $typeName, id, result: { case: 'select', value: messageOf(result.value) } };
  }
  if (result.case === 'report') {
    return { $typeName, id, result: { case: 'report', value: encodeReportAnswer(result.value) } };
  }
  return { $typeName, id, result };
}

/** Each seed has accounts of its own, most named by several answers in a row, as their bytes are kept. */
function compare(write: (draws: Draws, accounts: readonly Account[]) => readonly [Buffer, Uint8Array]): void {
  let accounts: readonly Account[] = [];
  for (let seed = 0; seed < runs; seed++) {
    const draws = drawsOf(seed);
    if (seed % 4 === 0) accounts = [randomAccount(draws), randomAccount(draws)];
    const [actual, expected] = write(draws, accounts);
    if (!actual.equals(expected)) {
      expect({ seed, hex: actual.toString('hex') }).toEqual({
        seed,
        hex: Buffer.from(expected).toString('hex'),
      });
    }
  }
}

describe(`the own writers of ${runs} random answers write the bytes that protobuf-es makes of their messages`, () => {
  test('SelectAccountResponse', () => {
    compare((draws, accounts) => {
      const answer = randomAnswer(draws, accounts);
      return [writeSelectAnswer(answer), toBinary(SelectAccountResponseSchema, messageOf(answer))];
    });
  });

  test('ReportResultResponse', () => {
    compare((draws, accounts) => {
      const answer = randomReportAnswer(draws, accounts);
      return [writeReportAnswer(answer), toBinary(ReportResultResponseSchema, encodeReportAnswer(answer))];
    });
  });

  test('RouteResponse', () => {
    compare((draws, accounts) => {
      const id = randomUint64(draws);
      const result = randomResult(draws, accounts);
      const written = writeRouteAnswer({ id: id > Number.MAX_SAFE_INTEGER ? id : Number(id), result });
      return [written, toBinary(RouteResponseSchema, routeMessage(id, result))];
    });
  });
});

test('an answer is not overwritten by the next one', () => {
  const [first, second] = ['lease-1', 'lease-2'].map((id) => {
    const selection = { ...randomSelection(drawsOf(1), [plainAccount]), lease: { id, expiresAtMs: 1 } };
    return writeSelectAnswer({ kind: 'selection', selection, replayed: false });
  });
  expect(first!.includes('lease-1')).toBe(true);
  expect(second!.includes('lease-2')).toBe(true);
});

test('an answer that can not be written leaves nothing behind in the next one', () => {
  const selection = randomSelection(drawsOf(1), [plainAccount]);
  const sound: SelectAnswer = { kind: 'selection', selection, replayed: false };
  const before = writeSelectAnswer(sound);
  const broken: SelectAnswer = { ...sound, selection: { ...selection, attempt: 1.5 } };
  expect(() => writeSelectAnswer(broken)).toThrow('1.5');
  expect(() => toBinary(SelectAccountResponseSchema, messageOf(broken))).toThrow('1.5');
  expect(writeSelectAnswer(sound)).toEqual(before);
});
