/** Numbers that decide ties between equal accounts. */
export interface SaltSource {
  /** The next 32 bits. */
  next(): number;
  /** What `next` would give, without taking it: an explanation sees the tie as the next selection will. */
  peek(): number;
}

/** An even sequence of 32-bit numbers from a seed (Weyl sequence through a mixing step); the same seed, the same sequence. */
export function createSaltSource(seed: number): SaltSource {
  let state = seed | 0;
  const mixed = (value: number) => {
    let bits = value;
    bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
    bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
    return (bits ^ (bits >>> 15)) | 0;
  };
  const step = () => (state + 0x6d2b79f5) | 0;
  return {
    next() {
      state = step();
      return mixed(state);
    },
    peek: () => mixed(step()),
  };
}
