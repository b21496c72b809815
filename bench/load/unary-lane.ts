import type { Connection } from './connection.ts';
import { type Lane, paths } from './lane.ts';
import { prefixBytes } from './message-reader.ts';
import { leaseIdOf, type Messages } from './messages.ts';

/** Each call a stream of its own on one connection. */
export function createUnaryLane(connection: Connection, messages: Messages): Lane {
  const scratch = Buffer.alloc(8192);
  const call = (path: string, message: Buffer, answered: (answer: Buffer | undefined) => void): void => {
    let answer: Buffer | undefined;
    const streamId = connection.open(path, {
      message(bytes) {
        answer = bytes;
      },
      ended: () => answered(answer),
    });
    scratch.writeUInt32BE(message.length, 1);
    scratch.set(message, prefixBytes);
    connection.send(streamId, scratch.subarray(0, prefixBytes + message.length), true);
  };
  return {
    select: (n, answered) =>
      call(paths.select, messages.select(n), (answer) => answered(answer && leaseIdOf(answer))),
    report: (leaseId, answered) =>
      call(paths.report, messages.report(leaseId), (answer) => answered(answer !== undefined)),
    close: () => connection.close(),
  };
}
