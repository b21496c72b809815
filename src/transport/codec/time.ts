import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt';

/** Milliseconds since the epoch as a protobuf timestamp. */
export function encodeTime(epochMs: number): Timestamp {
  const seconds = Math.floor(epochMs / 1000);
  return {
    $typeName: 'google.protobuf.Timestamp',
    seconds: BigInt(seconds),
    nanos: Math.floor((epochMs - seconds * 1000) * 1e6),
  };
}

/** Milliseconds, not negative, as a protobuf duration. */
export function encodeDuration(ms: number): Duration {
  const seconds = Math.floor(ms / 1000);
  return {
    $typeName: 'google.protobuf.Duration',
    seconds: BigInt(seconds),
    nanos: Math.floor((ms - seconds * 1000) * 1e6),
  };
}

/** A duration in milliseconds, fractions kept; 0 where it is unset. To be checked with `durationFault` first. */
export function decodeDuration(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
