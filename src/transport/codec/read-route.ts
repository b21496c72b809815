import type { RouteRequest } from '../../../gen/remora/v1/router_pb.ts';
import { readReport } from './read-report.ts';
import { readRenew, readSelect } from './read-select.ts';
import { passOver } from './wire/pass-over.ts';
import type { WireReader } from './wire/reader.ts';

/** A call's number on its stream, a bigint only where a number would not be exact. */
export type RouteId = number | bigint;

/** One message of a Route stream. */
export interface RouteCall {
  readonly id: RouteId;
  readonly call: Call;
}

type Call = RouteRequest['call'];

/** Reads a RouteRequest with the call in it. Throws for bytes that are none. */
export function readRoute(reader: WireReader): RouteCall {
  let id: RouteId = 0;
  let call: Call = { case: undefined };
  while (reader.pos < reader.limit) {
    const tag = reader.tag();
    const field = tag >>> 3;
    switch (field) {
      case 1:
        id = reader.uint64();
        break;
      case 2:
      case 3:
      case 4:
        call = readCall(reader, field, call);
        break;
      default:
        passOver(reader, tag, 1);
    }
  }
  return { id, call };
}

/** The call of a field, merged with the one before where that is of the same kind. */
function readCall(reader: WireReader, field: 2 | 3 | 4, { case: kind, value }: Call): Call {
  const end = reader.end();
  switch (field) {
    case 2:
      return { case: 'select', value: readSelect(reader, end, 2, kind === 'select' ? value : undefined) };
    case 3:
      return { case: 'report', value: readReport(reader, end, 2, kind === 'report' ? value : undefined) };
    case 4:
      return { case: 'renew', value: readRenew(reader, end, 2, kind === 'renew' ? value : undefined) };
  }
}

/** The id of a message that is otherwise unreadable, if it comes first, where serializers put it; else 0. */
export function readRouteId(reader: WireReader): RouteId {
  try {
    return reader.tag() >>> 3 === 1 ? reader.uint64() : 0;
  } catch {
    return 0;
  }
}
