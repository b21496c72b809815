import type { Failure, TransportError } from '../../../gen/remora/v1/failure_pb.ts';
import type { ReportResultRequest, Usage } from '../../../gen/remora/v1/router_pb.ts';
import { readDuration } from './read-select.ts';
import { passOver } from './wire/pass-over.ts';
import type { WireReader } from './wire/reader.ts';

type Outcome = ReportResultRequest['outcome'];

/** Reads a ReportResultRequest in the manner of `readSelect`. Throws for bytes that are none. */
export function readReport(
  reader: WireReader,
  end: number,
  depth = 1,
  message: ReportResultRequest = noReport(),
): ReportResultRequest {
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        message.leaseId = reader.string();
        break;
      case 2:
        skipMessage(reader, depth + 1);
        message.outcome = success;
        break;
      case 3:
        message.outcome = readFailure(reader, depth + 1, message.outcome);
        break;
      case 4:
        skipMessage(reader, depth + 1);
        message.outcome = cancelled;
        break;
      case 5:
        message.usage = readUsage(reader, depth + 1, message.usage);
        break;
      case 6:
        readHeader(reader, depth, message.responseHeaders);
        break;
      case 7:
        message.timeToFirstToken = readDuration(reader, depth + 1, message.timeToFirstToken);
        break;
      case 8:
        message.duration = readDuration(reader, depth + 1, message.duration);
        break;
      case 9:
        message.selectNext = reader.bool();
        break;
      default:
        passOver(reader, tag, depth);
    }
  }
  return message;
}

/** Shared by all messages: nobody writes to what was read, and these two have no fields. */
const none: Outcome = { case: undefined };
const success: Outcome = { case: 'success', value: { $typeName: 'remora.v1.Success' } };
const cancelled: Outcome = { case: 'cancelled', value: { $typeName: 'remora.v1.Cancelled' } };

function noReport(): ReportResultRequest {
  return {
    $typeName: 'remora.v1.ReportResultRequest',
    leaseId: '',
    outcome: none,
    usage: undefined,
    responseHeaders: {},
    timeToFirstToken: undefined,
    duration: undefined,
    selectNext: false,
  };
}

function skipMessage(reader: WireReader, depth: number): void {
  const end = reader.end();
  while (reader.pos < end) passOver(reader, reader.tag(), depth);
}

function readFailure(reader: WireReader, depth: number, outcome: Outcome): Outcome {
  const message: Failure =
    outcome.case === 'failure'
      ? outcome.value
      : { $typeName: 'remora.v1.Failure', httpStatus: 0, body: '', transportError: 0, message: '' };
  const end = reader.end();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) message.httpStatus = reader.int32();
    else if (tag >>> 3 === 2) message.body = reader.string();
    else if (tag >>> 3 === 3) message.transportError = reader.int32() as TransportError;
    else if (tag >>> 3 === 4) message.message = reader.string();
    else passOver(reader, tag, depth);
  }
  return { case: 'failure', value: message };
}

function readUsage(reader: WireReader, depth: number, message: Usage = noUsage()): Usage {
  const end = reader.end();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) message.inputTokens = reader.int64();
    else if (tag >>> 3 === 2) message.outputTokens = reader.int64();
    else if (tag >>> 3 === 3) message.cacheReadTokens = reader.int64();
    else if (tag >>> 3 === 4) message.cacheCreationTokens = reader.int64();
    else if (tag >>> 3 === 5) message.standardCost = reader.double();
    else passOver(reader, tag, depth);
  }
  return message;
}

function noUsage(): Usage {
  return {
    $typeName: 'remora.v1.Usage',
    inputTokens: 0n,
    outputTokens: 0n,
    cacheReadTokens: 0n,
    cacheCreationTokens: 0n,
    standardCost: undefined,
  };
}

/** One entry of a map. It counts as no message of its own. */
function readHeader(reader: WireReader, depth: number, headers: Record<string, string>): void {
  let name = '';
  let value = '';
  const end = reader.end();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) name = reader.string();
    else if (tag >>> 3 === 2) value = reader.string();
    else passOver(reader, tag, depth);
  }
  if (name === '__proto__') {
    // A header as any other, not the record's prototype.
    Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    headers[name] = value;
  }
}
