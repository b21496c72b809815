import type { Connection } from './connection.ts';
import { type Lane, paths } from './lane.ts';
import { prefixBytes } from './message-reader.ts';
import { createRouteFraming, leaseIdOf, type Messages, routeField } from './messages.ts';
import { bytesField, varintField } from './wire.ts';

/** All calls on one Route stream. `onFault` hears of a stream that ends before it is closed. */
export function createRouteLane(
  connection: Connection,
  messages: Messages,
  onFault: (error: Error) => void,
): Lane {
  const waiting = new Map<number, (response: Buffer) => void>();
  const frame = createRouteFraming();
  const scratch = Buffer.alloc(8192);
  let closing = false;
  let lastId = 0;
  const streamId = connection.open(paths.route, {
    message(response) {
      const id = varintField(response, 1);
      const answered = waiting.get(id);
      waiting.delete(id);
      answered?.(response);
    },
    ended() {
      if (!closing) onFault(new Error('the Route stream ended'));
    },
  });
  const call = (field: number, message: Buffer, answered: (answer: Buffer | undefined) => void): void => {
    lastId += 1;
    waiting.set(lastId, (response) => answered(bytesField(response, field)));
    const framed = frame(lastId, field, message);
    scratch.writeUInt32BE(framed.length, 1);
    scratch.set(framed, prefixBytes);
    connection.send(streamId, scratch.subarray(0, prefixBytes + framed.length), false);
  };
  return {
    select: (n, answered) =>
      call(routeField.select, messages.select(n), (answer) => answered(answer && leaseIdOf(answer))),
    report: (leaseId, answered) =>
      call(routeField.report, messages.report(leaseId), (answer) => answered(answer !== undefined)),
    close() {
      closing = true;
      connection.close();
    },
  };
}
