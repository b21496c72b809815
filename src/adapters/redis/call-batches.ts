import type { Awaitable } from '../../ports/awaitable.ts';
import { StateUnavailableError } from '../../ports/state-unavailable.ts';
import type { Reply, RunScript, ScriptCall } from './calls.ts';
import { type DroppedReplies, droppedOf, listOf, textOf } from './reply.ts';

/** A call's answer: a line of parts with tabs in between, or a list. */
export type CallAnswer = string | readonly Reply[];

export interface CallBatchesOptions<Request, Result> extends Pick<ScriptCall, 'operation' | 'script'> {
  readonly run: RunScript;
  /** Arguments of the script between the moment and the calls. */
  readonly head: readonly (string | number)[];
  /** Arguments of one call: of all calls as many. */
  readonly args: (request: Request) => readonly string[];
  /** Reads the answer, in the order in which the calls were done. What it throws is its call's. */
  readonly read: (answer: CallAnswer, request: Request) => Result;
  /** Told of leases that were over on the way, once every answer is read. */
  readonly drop: (dropped: DroppedReplies) => void;
}

/** What is done where a call ends, before its caller hears of it: made once, so that a call in flight holds one promise and no closures. */
export interface CallEnds<Request, Result> {
  readonly done: (result: Result, request: Request) => void;
  /** Answers in the call's place, or throws what its caller is to get. */
  readonly failed: (error: unknown, request: Request) => Awaitable<Result>;
}

interface Asked<Request, Result> {
  readonly request: Request;
  readonly ends: CallEnds<Request, Result> | undefined;
  readonly resolve: (result: Awaitable<Result>) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls done by one script: some 30 us of the server's time each, and nobody else is served meanwhile. */
const mostAtOnce = 32;

/**
 * Puts calls of one kind that are made in the same turn of the event loop into one script, each a step of its own there
 * (lua/includes/calls.lua). Measured with 64 callers: 28 us of this process' CPU time a claim in a round trip of its own (the
 * driver, the socket, the collector), 9 with those it came with. A call that comes alone costs what it did.
 */
export class CallBatches<Request extends { readonly nowMs: number }, Result> {
  readonly #options: CallBatchesOptions<Request, Result>;
  #asked: Asked<Request, Result>[] = [];

  constructor(options: CallBatchesOptions<Request, Result>) {
    this.#options = options;
  }

  /** Rejects with a StateUnavailableError where the script's run does, or where this call failed in it. */
  ask(request: Request, ends?: CallEnds<Request, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      // Sent once everything that came in has been looked at, before the process sleeps.
      if (this.#asked.push({ request, ends, resolve, reject }) === 1) setImmediate(this.#sendAll);
    });
  }

  readonly #sendAll = (): void => {
    const asked = this.#asked;
    this.#asked = [];
    for (let at = 0; at < asked.length; at += mostAtOnce) this.#send(asked.slice(at, at + mostAtOnce));
  };

  #send(asked: readonly Asked<Request, Result>[]): void {
    const { run, operation, script, head, args: argsOf } = this.#options;
    const args = [asked[0]!.request.nowMs, ...head];
    for (const { request } of asked) args.push(...argsOf(request));
    run({ operation, script, args }, (reply) => this.#read(reply, asked)).catch((error: unknown) => {
      for (const call of asked) this.#fail(call, error);
    });
  }

  #read(reply: Reply, asked: readonly Asked<Request, Result>[]): void {
    const [text, lists, ...dropped] = typeof reply === 'string' ? [reply] : listOf(reply);
    const answers = textOf(text).split('\n');
    let list = 0;
    for (const [index, call] of asked.entries()) {
      const line = answers[index]!;
      this.#answer(call, line === '' ? listOf(listOf(lists)[list++]) : line);
    }
    if (dropped.length > 0) this.#options.drop(droppedOf(dropped));
  }

  #answer(call: Asked<Request, Result>, answer: CallAnswer): void {
    const { script, read } = this.#options;
    const { request, ends, resolve } = call;
    try {
      if (answer[0] === 'error') throw new StateUnavailableError(`redis, ${script}: ${textOf(answer[1])}`);
      const result = read(answer, request);
      ends?.done(result, request);
      resolve(result);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #fail({ request, ends, resolve, reject }: Asked<Request, Result>, cause: unknown): void {
    try {
      if (ends === undefined) throw cause;
      resolve(ends.failed(cause, request));
    } catch (error) {
      reject(error);
    }
  }
}
