import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createConnectRouter } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import { limits } from './codec/limits.ts';
import { callerLeft, invalidBody, tooLargeBody } from './connect-errors.ts';
import { type ConnectRoutesOptions, connectRoutes } from './connect-routes.ts';
import { pathOf } from './pages.ts';
import { type BodyForm, bodyFault } from './request-check.ts';

/**
 * Serves RPCs to an HTTP/1.1 server over Connect, gRPC-Web and JSON. It stands in the place of connect-node's own adapter,
 * which throws out of the server's event, and so ends the process, at a request without a usable Host header.
 */
export function createConnectHandler(options: ConnectRoutesOptions): RequestListener {
  const router = createConnectRouter({
    grpc: false,
    // Callers are in the same pod: compression would cost more than it saves, and hide how large a request is.
    acceptCompression: [],
    readMaxBytes: limits.messageBytes,
    jsonOptions: { ignoreUnknownFields: true },
  });
  connectRoutes(options)(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const handler = handlers.get(pathOf(request));
    if (handler === undefined) {
      response.writeHead(404).end();
      return;
    }
    serve(handler, request, response).catch((error: unknown) => {
      if (!callerLeft(error)) options.faults.fault(handler.method.name, error);
      response.destroy();
    });
  };
}

async function serve(
  handler: UniversalHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host } = request.headers;
  if (host === undefined || !URL.canParse(`http://${host}${request.url}`)) {
    response.writeHead(400, { connection: 'close' }).end();
    return;
  }
  const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
  const form = formOf(handler, request.headers['content-type'] ?? '');
  const answer = await handler(
    form === undefined ? universal : { ...universal, body: checkedBody(request, form) },
  );
  await universalResponseToNodeResponse(answer, response);
}

/** Undefined for a content type that no handler takes. */
function formOf({ method }: UniversalHandler, contentType: string): BodyForm | undefined {
  const match = /^application\/(grpc-web\+|grpc-web$|)(json|proto|)\s*(?:;|$)/i.exec(contentType);
  if (match === null || method.methodKind !== 'unary') return undefined;
  return { schema: method.input, json: match[2]!.toLowerCase() === 'json', framed: match[1] !== '' };
}

/** The body in one piece, once it is found to be in order. */
async function* checkedBody(request: AsyncIterable<Uint8Array>, form: BodyForm): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.byteLength;
    if (bytes > limits.messageBytes) throw tooLargeBody(limits.messageBytes);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const fault = bodyFault(body, form);
  if (fault !== undefined) throw invalidBody(fault);
  yield body;
}
