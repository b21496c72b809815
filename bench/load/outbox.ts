import type { Socket } from 'node:net';
import { type FrameHead, frameHeaderBytes, writeFrameHead } from './frames.ts';

const slabBytes = 256 * 1024;

/** Gathers what goes out in one turn of the event loop and writes it in one go. */
export class Outbox {
  readonly #socket: Socket;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #from = 0;
  #to = 0;
  #scheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  frame(head: FrameHead, ...payload: readonly Buffer[]): void {
    this.#makeRoom(frameHeaderBytes + head.length);
    writeFrameHead(this.#slab, this.#to, head);
    this.#to += frameHeaderBytes;
    for (const part of payload) {
      this.#slab.set(part, this.#to);
      this.#to += part.length;
    }
    this.#schedule();
  }

  bytes(raw: Buffer): void {
    this.#makeRoom(raw.length);
    this.#slab.set(raw, this.#to);
    this.#to += raw.length;
    this.#schedule();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#to === this.#from) return;
    // The socket may keep the bytes for later, so they are not written over: the next turn uses what is behind them.
    this.#socket.write(this.#slab.subarray(this.#from, this.#to));
    this.#from = this.#to;
  };

  /** Callbacks of one chunk that came in run in one turn, and the microtask after all of them. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#slab.length) return;
    this.#flush();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes));
    this.#from = 0;
    this.#to = 0;
  }
}
