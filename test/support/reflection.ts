import { Client, credentials, type loadPackageDefinition } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { onTestFinished } from 'vitest';

export interface ReflectionResponse {
  readonly listServicesResponse?: object;
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: number[][] };
  readonly errorResponse?: object;
}

/** Asks an address for its services until the test ends, by the package's own service definitions, as tools make theirs. */
export function openReflection(
  address: string,
  version: string,
): (request: object) => Promise<ReflectionResponse> {
  const definitions: Parameters<typeof loadPackageDefinition>[0] = {};
  new ReflectionService({}).addToServer({
    addService: (definition) => {
      const [method] = Object.values(definition);
      definitions[method!.path] = definition as (typeof definitions)[string];
    },
  });
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const [method] = Object.values(definitions[path]!) as {
    requestSerialize: never;
    responseDeserialize: never;
  }[];
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  const stream = client.makeBidiStreamRequest<object, ReflectionResponse>(
    path,
    method!.requestSerialize,
    method!.responseDeserialize,
  );
  stream.on('error', () => undefined);
  onTestFinished(() => stream.cancel());
  return (request) =>
    new Promise((resolve) => {
      stream.once('data', resolve);
      stream.write(request);
    });
}
