import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { StatusSchema } from '../../../gen/google/rpc/status_pb.ts';
import { SelectionFailureSchema } from '../../../gen/remora/v1/selection_pb.ts';
import { grpcError } from '../../../src/transport/errors.ts';

function statusOf(error: ReturnType<typeof grpcError>) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  return { bytes: bytes as Buffer, status: fromBinary(StatusSchema, bytes as Buffer) };
}

test('details stay small enough for the headers of any client, and say what they left out', () => {
  const attempts = Array.from({ length: 32 }, (_, index) => ({
    accountId: `${index}-${'a'.repeat(250)}`,
    model: 'm'.repeat(250),
    reason: 'RATE_LIMIT' as const,
    skipped: false,
    durationMs: 10,
  }));
  const failure = { rejections: [], attempts, attemptsOmitted: 5 };
  const { bytes, status } = statusOf(grpcError({ kind: 'exhausted', message: 'spent', failure }, 0));
  expect(bytes.length).toBeLessThan(5000);
  const told = anyUnpack(status.details[0]!, SelectionFailureSchema)!;
  expect(told.attempts.length).toBeGreaterThan(4);
  expect(told.attempts.length + told.attemptsOmitted).toBe(37);
  expect(told.attempts.at(-1)!.accountId).toMatch(/^31-/);
});

test('32 attempts of ordinary names all fit', () => {
  const attempts = Array.from({ length: 32 }, (_, index) => ({
    accountId: `anthropic-team-account-${index}__key_2`,
    model: 'claude-opus-4-20250514',
    reason: 'RATE_LIMIT' as const,
    skipped: false,
    durationMs: 1234,
  }));
  const failure = { rejections: [], attempts, attemptsOmitted: 0 };
  const { status } = statusOf(grpcError({ kind: 'exhausted', message: 'spent', failure }, 0));
  expect(anyUnpack(status.details[0]!, SelectionFailureSchema)!.attempts).toHaveLength(32);
});

test('a message that no header could carry is made one that can', () => {
  const { details } = grpcError({ kind: 'invalid', message: `bad \ud800 ${'x'.repeat(2000)}` }, 0);
  expect(() => encodeURI(details)).not.toThrow();
  expect(details.length).toBeLessThanOrEqual(512);
});
