import type { ServerHttp2Stream } from 'node:http2';
import type { handleBidiStreamingCall, MethodDefinition } from '@grpc/grpc-js';
import { type RouteRequest, RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Router } from '../routing/api.ts';
import { type RouteCall, type RouteId, readRoute, readRouteId } from './codec/read-route.ts';
import { WireReader } from './codec/wire/reader.ts';
import { type RouteAnswer, writeRouteAnswer } from './codec/write-answers.ts';
import { methodDefinition, type ServingOptions, unreadable } from './grpc-service.ts';
import { invalid, type Refused } from './refused.ts';
import { duplexChannel, type RouteChannel } from './route-channel.ts';
import { RouteStream } from './route-stream.ts';
import type { RouterRpcs } from './router-rpcs.ts';
import { oversize } from './rpc.ts';
import { StreamChannel } from './stream-channel.ts';

/** One message of a Route stream as it was read: what it asks, or why that could not be told. */
export interface RouteMessage {
  readonly id: RouteId;
  readonly call: RouteRequest['call'] | Refused;
}

/** Reads the message that stands in `bytes` from `start` to `end`. */
export type RouteParser = (bytes: Buffer, start: number, end: number) => RouteMessage;

export interface RouteOptions extends ServingOptions {
  readonly rpcs: RouterRpcs;
  readonly router: Pick<Router, 'abandon'>;
}

/** RouterService.Route on grpc-js. */
export interface RouteService {
  readonly definition: MethodDefinition<RouteMessage, RouteAnswer>;
  readonly handler: handleBidiStreamingCall<RouteMessage, RouteAnswer>;
  /** Serves a stream that grpc-js does not carry. */
  open(stream: ServerHttp2Stream, timeoutMs: number): void;
  /** Takes no further call on any stream, and ends each stream when its calls in flight are answered. No lease is released. */
  drain(): void;
}

export function createRouteService(options: RouteOptions): RouteService {
  const { method } = RouterService;
  const streams = new Set<RouteStream>();
  const count = options.counter.handled(RouterService.typeName, method.route.name);
  let draining = false;
  const parse: RouteParser = (bytes, start, end) => parseRouteMessage(options.rpcs, bytes, start, end);
  const serve = (channel: RouteChannel): void => {
    const stream = new RouteStream({
      ...options,
      channel,
      onEnd(code) {
        streams.delete(stream);
        count(code);
      },
    });
    streams.add(stream);
    if (draining) stream.drain();
  };
  return {
    definition: methodDefinition(method.route, {
      parse: (bytes) => parseRouteMessage(options.rpcs, bytes),
      serialize: writeRouteAnswer,
    }),
    handler: (duplex) => serve(duplexChannel(duplex)),
    open: (stream, timeoutMs) => serve(new StreamChannel(stream, timeoutMs, parse)),
    drain() {
      draining = true;
      for (const stream of streams) stream.drain();
    },
  };
}

/** Never throws: the framing is intact, so a message that can't be read is one call's error and the stream goes on. */
function parseRouteMessage(
  rpcs: RouterRpcs,
  bytes: Buffer,
  start = 0,
  end: number = bytes.length,
): RouteMessage {
  let message: RouteCall;
  try {
    message = readRoute(new WireReader(bytes, start, end));
  } catch {
    const id = readRouteId(new WireReader(bytes, start, end));
    return { id, call: unreadable('remora.v1.RouteRequest') };
  }
  const { id, call } = message;
  if (call.case === undefined)
    return { id, call: invalid('call: unset, must be one of select, report, renew') };
  const rpc = rpcs[call.case];
  // The frame around the call adds a few bytes to it, which are not counted against the caller.
  const bytesOfCall = end - start - frameBytes;
  return bytesOfCall > rpc.maxBytes ? { id, call: invalid(oversize(rpc, bytesOfCall)) } : { id, call };
}

/** At most: the id with its tag, and the call's tag and length. */
const frameBytes = 11 + 6;
