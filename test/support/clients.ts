import type {
  DescMessage,
  DescMethod,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client as ConnectClient, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';

/** A stock @grpc/grpc-js client that speaks protobuf-es messages. */
export interface GrpcClient {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request?: MessageInitShape<I>,
    options?: CallOptions & { readonly signal?: AbortSignal },
  ): Promise<MessageShape<O>>;
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly methodKind: 'server_streaming'; readonly input: I; readonly output: O },
    request?: MessageInitShape<I>,
  ): ClientReadableStream<MessageShape<O>>;
  bidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { readonly methodKind: 'bidi_streaming'; readonly input: I; readonly output: O },
  ): ClientDuplexStream<MessageInitShape<I>, MessageShape<O>>;
  close(): void;
}

/** `address`: `host:port` or `unix:/path`. Each client has a connection of its own. */
export function createGrpcClient(address: string): GrpcClient {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  });
  const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;
  const writer =
    <I extends DescMessage>(schema: I) =>
    (message: MessageInitShape<I>): Buffer =>
      Buffer.from(toBinary(schema, create(schema, message)));
  const reader =
    <O extends DescMessage>(schema: O) =>
    (bytes: Buffer): MessageShape<O> =>
      fromBinary(schema, bytes);
  return {
    unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      request?: MessageInitShape<I>,
      options: CallOptions & { readonly signal?: AbortSignal } = {},
    ) {
      const { signal, ...callOptions } = options;
      return new Promise<MessageShape<O>>((resolve, reject) => {
        const call = client.makeUnaryRequest(
          pathOf(method),
          writer(method.input),
          reader(method.output),
          request ?? ({} as MessageInitShape<I>),
          new Metadata(),
          callOptions,
          (error: ServiceError | null, response?: MessageShape<O>) =>
            error === null ? resolve(response!) : reject(error),
        );
        signal?.addEventListener('abort', () => call.cancel(), { once: true });
      });
    },
    serverStream: (method, request) =>
      client.makeServerStreamRequest(
        pathOf(method),
        writer(method.input),
        reader(method.output),
        request ?? ({} as MessageInitShape<typeof method.input>),
      ),
    bidi: (method) =>
      client.makeBidiStreamRequest(pathOf(method), writer(method.input), reader(method.output)),
    close: () => client.close(),
  };
}

/** A client for the HTTP listener. `protocol` connect-json is what curl speaks. */
export function createHttpClient<S extends DescService>(
  service: S,
  address: string,
  protocol: 'connect' | 'connect-json' | 'grpc-web' = 'connect-json',
): ConnectClient<S> {
  const options = { baseUrl: `http://${address}`, httpVersion: '1.1' } as const;
  const transport =
    protocol === 'grpc-web'
      ? createGrpcWebTransport(options)
      : createConnectTransport({ ...options, useBinaryFormat: protocol === 'connect' });
  return createClient(service, transport);
}
