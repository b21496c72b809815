/** In front of each message: whether it is compressed, in one byte, and its length, in four. */
export const prefixBytes = 5;

export interface FrameReaderOptions {
  /** The longest message, in bytes. */
  readonly maxBytes: number;
  /** Told of each message where it stands, from `start` to `end`: a Buffer of its own would cost more than to read it. */
  readonly onMessage: (bytes: Buffer, start: number, end: number) => void;
  /** Told of the length of a message that is longer; nothing more is read then. */
  readonly onOversize: (bytes: number) => void;
}

const empty = Buffer.alloc(0);

/** Finds the messages in the chunks of a gRPC stream. A message that came in one chunk is a part of it, not a copy. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #chunk: Buffer = empty;
  /** How much of the chunk is read. */
  #at = 0;
  /** The chunks that came after it. */
  #later: Buffer[] = [];
  /** In all chunks, not read yet. */
  #bytes = 0;
  #held = false;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    if (this.#bytes === 0) this.#begin(chunk);
    else this.#later.push(chunk);
    this.#bytes += chunk.length;
    this.#deliver();
  }

  /** Whether messages are kept back. */
  get isHeld(): boolean {
    return this.#held;
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
      const chunk = this.#with(needed);
      const start = this.#at;
      this.#at += needed;
      this.#bytes -= needed;
      if (this.#at === chunk.length) this.#begin(this.#later.shift() ?? empty);
      onMessage(chunk, start + prefixBytes, start + needed);
    }
  }

  #begin(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The chunk, with so many bytes unread in it, which are there. Chunks are put together twice a message at most. */
  #with(bytes: number): Buffer {
    if (this.#chunk.length - this.#at < bytes) {
      this.#begin(Buffer.concat([this.#chunk.subarray(this.#at), ...this.#later]));
      this.#later = [];
    }
    return this.#chunk;
  }
}

/** The message with what goes before it; never compressed. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  writePrefix(frame, 0, message.length);
  frame.set(message, prefixBytes);
  return frame;
}

/** Writes what goes before a message of so many bytes, at `at`. */
export function writePrefix(bytes: Buffer, at: number, length: number): void {
  bytes[at] = 0;
  bytes.writeUInt32BE(length, at + 1);
}
