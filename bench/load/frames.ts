/*
 * HTTP/2 frames (RFC 9113), as far as a load generator needs them. A frame is a header of 9 bytes (length 3, type 1, flags 1,
 * stream 4) and its payload.
 */

export const frameType = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

export const frameFlag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

export const frameHeaderBytes = 9;

export interface FrameHead {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

/** Writes a frame's header at `at`, where 9 bytes are free. */
export function writeFrameHead(
  target: Buffer,
  at: number,
  { length, type, flags, streamId }: FrameHead,
): void {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  target.writeUInt32BE(streamId, at + 5);
}

/** Told of each frame; the payload is only good until the call returns. */
export type OnFrame = (head: FrameHead, payload: Buffer) => void;

/** Cuts what a socket delivers into frames. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= frameHeaderBytes) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      const end = at + frameHeaderBytes + length;
      if (end > bytes.length) break;
      const streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
      const head = { length, type: bytes[at + 3]!, flags: bytes[at + 4]!, streamId };
      this.#onFrame(head, bytes.subarray(at + frameHeaderBytes, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
