/** In front of each message: whether it is compressed, in one byte, and its length, in four. */
const prefixBytes = 5;

export interface FrameReaderOptions {
  /** The longest message, in bytes. */
  readonly maxBytes: number;
  readonly onMessage: (message: Buffer) => void;
  /** Told of the length of a message that is longer; nothing more is read then. */
  readonly onOversize: (bytes: number) => void;
}

/** Finds the messages in the chunks of a gRPC stream. A message that came in one chunk is a part of it, not a copy. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #parts: Buffer[] = [];
  /** How much of the first part is read. */
  #at = 0;
  /** In the parts, not read yet. */
  #bytes = 0;
  #held = false;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    this.#deliver();
  }

  /** No message is told of until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#deliver();
  }

  #deliver(): void {
    const { maxBytes, onMessage, onOversize } = this.#options;
    while (!this.#held && this.#bytes >= prefixBytes) {
      const length = this.#with(prefixBytes).readUInt32BE(this.#at + 1);
      if (length > maxBytes) {
        this.#held = true;
        onOversize(length);
        return;
      }
      const needed = prefixBytes + length;
      if (this.#bytes < needed) return;
      const part = this.#with(needed);
      const message = part.subarray(this.#at + prefixBytes, this.#at + needed);
      this.#at += needed;
      this.#bytes -= needed;
      if (this.#at === part.length) {
        this.#parts.shift();
        this.#at = 0;
      }
      onMessage(message);
    }
  }

  /** The first part, with so many bytes unread in it, which are there. Parts are put together twice a message at most. */
  #with(bytes: number): Buffer {
    const first = this.#parts[0]!;
    if (first.length - this.#at >= bytes) return first;
    this.#parts[0] = first.subarray(this.#at);
    const all = Buffer.concat(this.#parts);
    this.#parts = [all];
    this.#at = 0;
    return all;
  }
}

/** The message with what goes before it; never compressed. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}
