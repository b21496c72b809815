import type { FailoverReason } from './failure.ts';

/**
 * Lower-case words to look for, from the start of a word; ` ~ ` stands for at most 80 characters; with a `=` before
 * them they must be the whole message. In a list, the first counts unless
 * one of the others stands anywhere in the message.
 */
export type Phrase = string | readonly [phrase: string, ...unless: string[]];

/** The phrases of one reason. */
export interface WordTable {
  readonly reason: FailoverReason;
  readonly phrases: readonly Phrase[];
  /** Where one of these stands anywhere in the message, none of the phrases counts. */
  readonly unless?: readonly string[];
}
