/**
 * Parts of accounts that read the same become one and the same object. The accounts of a large pool mostly differ in name and
 * credential alone: with limits of their own each, a look at one of 10,000 waits for memory once more.
 */
export class SharedParts {
  readonly #parts = new Map<string, unknown>();

  /** The part that was made of this text before, else what `make` makes. Texts of two kinds of parts must differ. */
  of<Part>(text: string, make: () => Part): Part {
    if (!this.#parts.has(text)) this.#parts.set(text, make());
    return this.#parts.get(text) as Part;
  }
}
