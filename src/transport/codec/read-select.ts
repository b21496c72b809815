import type { Duration } from '@bufbuild/protobuf/wkt';
import type { RenewLeaseRequest, SelectAccountRequest } from '../../../gen/remora/v1/router_pb.ts';
import type { PrefetchedSticky, StickyPolicy } from '../../../gen/remora/v1/selection_pb.ts';
import { passOver } from './wire/pass-over.ts';
import type { WireReader } from './wire/reader.ts';

/*
 * The messages of a request, read without reflection. Each function reads what is left up to `end` into a message, a new one or,
 * where a field comes twice, the one there is: that is how protobuf merges. `depth` counts the message and those around it.
 *
 * Measured, by protobuf-es and here: a selection with four texts 0.5 us and 0.25, a report with usage 0.8 and 0.17; on Route 0.7 and
 * 0.2, 0.8 and 0.2.
 */

/** Reads a SelectAccountRequest. Throws for bytes that are none. */
export function readSelect(
  reader: WireReader,
  end: number,
  depth = 1,
  message: SelectAccountRequest = noSelect(),
): SelectAccountRequest {
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag >>> 3) {
      case 1:
        message.groupId = reader.name();
        break;
      case 2:
        message.model = reader.name();
        break;
      case 3:
        message.sessionId = reader.string();
        break;
      case 4:
        message.userId = reader.name();
        break;
      case 5:
        message.platform = reader.name();
        break;
      case 6:
        message.excludedAccountIds.push(reader.string());
        break;
      case 7:
        message.prefetchedSticky = readSticky(reader, depth + 1, message.prefetchedSticky);
        break;
      case 8:
        message.maxWait = readDuration(reader, depth + 1, message.maxWait);
        break;
      case 9:
        message.requestId = reader.string();
        break;
      case 10:
        message.failoverFrom = reader.string();
        break;
      case 11:
        message.leaseTtl = readDuration(reader, depth + 1, message.leaseTtl);
        break;
      case 12:
        message.includeCredential = reader.bool();
        break;
      case 13:
        message.stickyPolicy = reader.int32() as StickyPolicy;
        break;
      default:
        passOver(reader, tag, depth);
    }
  }
  return message;
}

function noSelect(): SelectAccountRequest {
  return {
    $typeName: 'remora.v1.SelectAccountRequest',
    groupId: '',
    model: '',
    sessionId: '',
    userId: '',
    platform: '',
    excludedAccountIds: [],
    prefetchedSticky: undefined,
    maxWait: undefined,
    requestId: '',
    failoverFrom: '',
    leaseTtl: undefined,
    includeCredential: false,
    stickyPolicy: 0,
  };
}

function readSticky(
  reader: WireReader,
  depth: number,
  message: PrefetchedSticky = { $typeName: 'remora.v1.PrefetchedSticky', accountId: '', groupId: '' },
): PrefetchedSticky {
  const end = reader.end();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) message.accountId = reader.string();
    else if (tag >>> 3 === 2) message.groupId = reader.string();
    else passOver(reader, tag, depth);
  }
  return message;
}

/** Reads a Duration with the length before it. */
export function readDuration(
  reader: WireReader,
  depth: number,
  message: Duration = { $typeName: 'google.protobuf.Duration', seconds: 0n, nanos: 0 },
): Duration {
  const end = reader.end();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) message.seconds = reader.int64();
    else if (tag >>> 3 === 2) message.nanos = reader.int32();
    else passOver(reader, tag, depth);
  }
  return message;
}

/** Reads a RenewLeaseRequest. Throws for bytes that are none. */
export function readRenew(
  reader: WireReader,
  end: number,
  depth = 1,
  message: RenewLeaseRequest = {
    $typeName: 'remora.v1.RenewLeaseRequest',
    leaseId: '',
    ttl: undefined,
  },
): RenewLeaseRequest {
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) message.leaseId = reader.string();
    else if (tag >>> 3 === 2) message.ttl = readDuration(reader, depth + 1, message.ttl);
    else passOver(reader, tag, depth);
  }
  return message;
}
