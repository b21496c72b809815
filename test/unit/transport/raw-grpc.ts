import { connect as connectH2, type OutgoingHttpHeaders } from 'node:http2';

/** What a client sends ahead of a call's messages. */
export function grpcHeaders(method: string): OutgoingHttpHeaders {
  return {
    ':method': 'POST',
    ':path': `/remora.v1.RouterService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  };
}

/** Sends raw bytes as the body of a SelectAccount call and answers with the status it got. */
export function rawCall(
  address: string,
  body: Buffer,
  headers: OutgoingHttpHeaders = {},
): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const session = connectH2(`http://${address}`);
    session.once('error', reject);
    const stream = session.request({ ...grpcHeaders('SelectAccount'), ...headers });
    const collect = (headers: Record<string, unknown>): void => {
      const { 'grpc-status': status, 'grpc-message': message } = headers;
      if (status === undefined) return;
      session.close();
      resolve({ 'grpc-status': String(status), 'grpc-message': decodeURI(String(message)) });
    };
    stream.once('response', collect);
    stream.once('trailers', collect);
    stream.once('error', reject);
    stream.resume();
    stream.end(body);
  });
}

/** A message with the five bytes that go before it. */
export function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
