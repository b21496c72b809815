/** Bytes before each gRPC message: whether it is compressed, and its length. */
export const prefixBytes = 5;

/** Cuts one stream's data into gRPC messages. A message that came whole is handed on without a copy. */
export class MessageReader {
  readonly #onMessage: (bytes: Buffer) => void;
  #rest: Buffer | undefined;

  constructor(onMessage: (bytes: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  take(data: Buffer): void {
    const bytes = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      this.#onMessage(bytes.subarray(at + prefixBytes, end));
      at = end;
    }
    // A copy: the chunk's memory is the socket's to use again.
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at));
  }
}
