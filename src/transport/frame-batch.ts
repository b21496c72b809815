import { prefixBytes, writePrefix } from './frames.ts';

/** A message that is encoded, and can be copied to where it goes. */
export interface EncodedMessage {
  /** In bytes. */
  readonly size: number;
  copyTo(target: Buffer, at: number): void;
}

/** Memory that frames are written into one after the other. What was handed out of it is not written to again. */
interface Slab {
  readonly bytes: Buffer;
  used: number;
}

const slabBytes = 32 * 1024;
/** With less left in it a slab is let go: most answers take less than that. */
const worthKeeping = 1024;

/** What is left of the last slab, for the batch that begins next: a stream that is silent holds no memory. */
let spare: Slab | undefined;

/** Frames that leave together, as one piece of memory; none is compressed. */
export class FrameBatch {
  #slab: Slab | undefined;
  /** Where the batch begins in the slab. */
  #begin = 0;

  /** How much they take, in bytes. */
  get size(): number {
    return this.#slab === undefined ? 0 : this.#slab.used - this.#begin;
  }

  add(message: EncodedMessage): void {
    const { size } = message;
    const slab = this.#slabFor(prefixBytes + size);
    const { bytes, used } = slab;
    writePrefix(bytes, used, size);
    message.copyTo(bytes, used + prefixBytes);
    slab.used = used + prefixBytes + size;
  }

  /** All frames, of which there is one at least. The batch is empty then. */
  take(): Buffer {
    const slab = this.#slab;
    if (slab === undefined) throw new Error('a batch without a frame');
    const { bytes, used } = slab;
    if (bytes.length - used >= worthKeeping) spare = slab;
    this.#slab = undefined;
    return bytes.subarray(this.#begin, used);
  }

  /** The slab with the batch in it, and room for so many bytes. */
  #slabFor(bytes: number): Slab {
    if (this.#slab === undefined) {
      this.#slab = spare ?? newSlab(bytes);
      spare = undefined;
      this.#begin = this.#slab.used;
    }
    const { bytes: full, used } = this.#slab;
    if (full.length - used >= bytes) return this.#slab;
    const held = used - this.#begin;
    const larger = newSlab(2 * (held + bytes));
    full.copy(larger.bytes, 0, this.#begin, used);
    larger.used = held;
    this.#slab = larger;
    this.#begin = 0;
    return larger;
  }
}

function newSlab(leastBytes: number): Slab {
  return { bytes: Buffer.allocUnsafeSlow(Math.max(slabBytes, leastBytes)), used: 0 };
}
