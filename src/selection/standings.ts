import { admissionStandsUntilMs } from './admission.ts';
import { Looked, nothingRead, type SelectionContext } from './context.ts';
import { entryVerdict, isCooling } from './pipeline.ts';
import type { PoolEntry } from './pool-entry.ts';

/** What a pool's requests have in common, whoever asks. */
export type PoolQuestion = Pick<SelectionContext, 'model' | 'probeTimeoutMs'>;

/** What is known of an entry: each a bit. */
const standing = {
  /** A request that brings nothing of its own finds it eligible. */
  open: 1,
  cooling: 2,
  /** The filters look at its window's cost, and find it known. */
  costKnown: 4,
  /** The filters look at its requests per minute. */
  rpmLooked: 8,
  /** A sum must be read before anything can be said. */
  missing: 16,
} as const;

/**
 * How each entry of a pool stands to a request that brings nothing of its own: no session, no binding, no exclusions. That is
 * judged by the very filters every request is judged by, and again only when the account's figures change or time may have
 * changed the answer.
 */
export class Standings {
  readonly #entries: readonly PoolEntry[];
  readonly #context: UnboundContext;
  readonly #bits: Uint8Array;
  /** When each may change by the mere passing of time. */
  readonly #until: Float64Array;
  /** The earliest of those. */
  #nextMs = Number.POSITIVE_INFINITY;
  #cooling = 0;
  #coolingChanges = 0;
  #costsKnown = 0;
  #rpmLooked = 0;
  #missing = 0;

  constructor(entries: readonly PoolEntry[], question: PoolQuestion) {
    this.#entries = entries;
    this.#context = new UnboundContext(question);
    this.#bits = new Uint8Array(entries.length);
    this.#until = new Float64Array(entries.length);
  }

  /** How many entries cool down. */
  get cooling(): number {
    return this.#cooling;
  }

  /** Grows whenever one begins or ends to cool. */
  get coolingChanges(): number {
    return this.#coolingChanges;
  }

  /** Of how many the filters find the window's cost known. */
  get costsKnown(): number {
    return this.#costsKnown;
  }

  /** At how many requests per minute the filters look. */
  get rpmLooked(): number {
    return this.#rpmLooked;
  }

  /** Of how many a sum has to be read. */
  get missing(): number {
    return this.#missing;
  }

  /** When time may change one of them next. */
  get nextMs(): number {
    return this.#nextMs;
  }

  isOpen(position: number): boolean {
    return (this.#bits[position]! & standing.open) !== 0;
  }

  isCooling(position: number): boolean {
    return (this.#bits[position]! & standing.cooling) !== 0;
  }

  isCostKnown(position: number): boolean {
    return (this.#bits[position]! & standing.costKnown) !== 0;
  }

  isRpmLooked(position: number): boolean {
    return (this.#bits[position]! & standing.rpmLooked) !== 0;
  }

  /** Judges all anew. */
  restart(nowMs: number): void {
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (let position = 0; position < this.#entries.length; position += 1) this.judge(position, nowMs);
  }

  /** Judges one anew. */
  judge(position: number, nowMs: number): void {
    const before = this.#bits[position]!;
    const after = this.#bitsOf(this.#entries[position]!, nowMs);
    const untilMs = this.#untilMs(this.#entries[position]!);
    this.#until[position] = untilMs;
    if (untilMs < this.#nextMs) this.#nextMs = untilMs;
    if (after === before) return;
    this.#bits[position] = after;
    const step = (bit: number) => (after & bit ? 1 : 0) - (before & bit ? 1 : 0);
    if (step(standing.cooling) !== 0) this.#coolingChanges += 1;
    this.#cooling += step(standing.cooling);
    this.#costsKnown += step(standing.costKnown);
    this.#rpmLooked += step(standing.rpmLooked);
    this.#missing += step(standing.missing);
  }

  /** Judges those anew whose time has come, and tells of each. A look at 10,000 takes 10 µs where it is nobody's time. */
  judgeDue(nowMs: number, judged: (position: number) => void): void {
    const until = this.#until;
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (let position = 0; position < until.length; position += 1) {
      const untilMs = until[position]!;
      if (untilMs <= nowMs) {
        this.judge(position, nowMs);
        judged(position);
      } else if (untilMs < this.#nextMs) this.#nextMs = untilMs;
    }
  }

  #bitsOf(entry: PoolEntry, nowMs: number): number {
    const context = this.#context;
    const { looked } = context;
    context.nowMs = nowMs;
    const verdict = entryVerdict(entry, context);
    let bits = verdict === 'ELIGIBLE' ? standing.open : isCooling(verdict) ? standing.cooling : 0;
    if (!entry.needsReading) return bits;
    if (looked.windowCostsKnown > 0) bits |= standing.costKnown;
    if (looked.rpm) bits |= standing.rpmLooked;
    if (looked.missedAny) bits |= standing.missing;
    looked.clear();
    return bits;
  }

  #untilMs(entry: PoolEntry): number {
    const context = this.#context;
    let untilMs = admissionStandsUntilMs(entry.figures, context);
    for (const filter of entry.filters) {
      const standsUntilMs = filter.standsUntilMs?.(entry, context);
      if (standsUntilMs !== undefined && standsUntilMs < untilMs) untilMs = standsUntilMs;
    }
    return untilMs;
  }
}

/** A request that brings nothing of its own. */
class UnboundContext implements SelectionContext {
  nowMs = 0;
  // The catalog's index has settled that the entries fit.
  readonly platform = '';
  readonly platformForced = false;
  readonly model: string;
  readonly probeTimeoutMs: number;
  readonly excluded: ReadonlySet<string> = new Set();
  readonly tried: ReadonlySet<string> = this.excluded;
  readonly faultyPlatforms: readonly string[] = [];
  readonly boundAccountId = '';
  readonly sessionKey = '';
  readonly read = nothingRead;
  readonly looked = new Looked();

  constructor({ model, probeTimeoutMs }: PoolQuestion) {
    this.model = model;
    this.probeTimeoutMs = probeTimeoutMs;
  }

  isSpokenFor(): boolean {
    return false;
  }
}
