import type { Clock } from '../../ports/clock.ts';
import { StateUnavailableError } from '../../ports/state-unavailable.ts';
import type { StateStoreMetrics, StateStoreOperation } from '../../telemetry/store-metrics.ts';
import type { RedisClient } from './connect.ts';
import type { Script, ScriptName } from './scripts.ts';

/** Strings, integers and lists of these: what scripts answer with. */
export type Reply = string | number | null | readonly Reply[];

export interface ScriptCall {
  readonly operation: StateStoreOperation;
  readonly script: ScriptName;
  readonly args: readonly (string | number)[];
}

export interface ScriptCallsOptions {
  readonly client: RedisClient;
  readonly scripts: Readonly<Record<ScriptName, Script>>;
  /** The key every script is given; the others are named after it. */
  readonly metaKey: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: StateStoreMetrics;
}

/** A timer this late was kept by something else than other timers: a collection, a disk, a machine that stood still. */
const heldUpMs = 10;
/** What a call is given then: many round trips, and little beside what it has waited already. */
const graceMs = 20;

/** Runs a script and answers what `read` makes of its reply, at the moment the reply is there: replies are read in their order. */
export type RunScript = <Result>(call: ScriptCall, read: (reply: Reply) => Result) => Promise<Result>;

/**
 * Makes the way to run scripts: one round trip each, timed, counted, and over after `timeoutMs` at the latest. Rejects with a
 * StateUnavailableError, whatever went wrong; what was sent may yet be done then. A script the server does not know is sent whole.
 */
export function createScriptCalls(options: ScriptCallsOptions): RunScript {
  const { client, scripts, metaKey, timeoutMs, clock, metrics } = options;

  async function send({ script, args }: ScriptCall): Promise<unknown> {
    const { sha, source } = scripts[script];
    try {
      return await client.evalsha(sha, 1, metaKey, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(source, 1, metaKey, ...args);
    }
  }

  return (call, read) => {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      let isOver = false;
      const fail = (message: string, cause?: unknown) => {
        if (isOver) return;
        isOver = true;
        timer.cancel();
        metrics.errors(call.operation);
        reject(new StateUnavailableError(`redis, ${call.script}: ${message}`, { cause }));
      };
      const giveUp = () => fail(`no answer within ${timeoutMs} ms`);
      let timer = clock.schedule(timeoutMs, () => {
        // An answer may be there and unread where this process itself was held up: it is read before the call is given up.
        if (performance.now() - began < timeoutMs + heldUpMs) setImmediate(giveUp);
        // Where the whole machine was, the server has yet to answer: it gets the time that a round trip takes.
        else timer = clock.schedule(graceMs, () => setImmediate(giveUp));
      });
      send(call).then(
        (reply) => {
          // Too late: its sender went on without it.
          if (isOver) return;
          isOver = true;
          timer.cancel();
          metrics.observeRoundTrip(call.operation, (performance.now() - began) / 1000);
          try {
            resolve(read(reply as Reply));
          } catch (error) {
            reject(error);
          }
        },
        (error) => fail(error instanceof Error ? error.message : String(error), error),
      );
    });
  };
}
