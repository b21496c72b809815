import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type {
  MethodDefinition,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Health } from '../../gen/health/v1/health_pb.ts';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { grpcInternalError } from './errors.ts';
import type { FaultLog } from './fault-log.ts';

/*
 * Server reflection by @grpc/reflection, loaded when somebody first asks: with proto-loader and protobufjs behind it, it costs
 * 7 MB of resident memory, and most sidecars are never asked. Until then the two methods are known by path only and pass raw
 * bytes on.
 */

type RawStream = ServerDuplexStream<Buffer, Buffer>;

/** A service to be added to a grpc-js server. */
export interface ReflectionService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** The two versions of grpc.reflection, over the services that the gRPC listener offers. */
export function createReflectionServices(faults: FaultLog): readonly ReflectionService[] {
  let loading: Promise<ReadonlyMap<string, Backend>> | undefined;
  return ['/grpc.reflection.v1', '/grpc.reflection.v1alpha'].map((prefix) => {
    const path = `${prefix}.ServerReflection/ServerReflectionInfo`;
    const pass = (bytes: Buffer): Buffer => bytes;
    const method: MethodDefinition<Buffer, Buffer> = {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    };
    const serve = async (stream: RawStream): Promise<void> => {
      loading ??= loadBackends();
      try {
        connectBackend((await loading).get(path)!, stream);
      } catch (error) {
        faults.fault('ServerReflectionInfo', error);
        stream.emit('error', grpcInternalError());
      }
    };
    return { definition: { serverReflectionInfo: method }, implementation: { serverReflectionInfo: serve } };
  });
}

/** What the package would add to a server. */
interface Backend {
  readonly method: MethodDefinition<object, object>;
  handle(stream: BackendStream): void;
}

/** As much of a grpc-js stream as the package uses. */
interface BackendStream {
  on(event: string, listener: (message: object) => void): void;
  write(message: object): void;
  end(): void;
}

async function loadBackends(): Promise<ReadonlyMap<string, Backend>> {
  const { ReflectionService: Package } = await import('@grpc/reflection');
  const offered = new Package(
    {
      remora: {
        format: 'Protocol Buffer 3 DescriptorProto',
        type: {},
        fileDescriptorProtos: descriptors([RouterService.file, Health.file]),
      },
    },
    { services: [RouterService.typeName, Health.typeName] },
  );
  const backends = new Map<string, Backend>();
  offered.addToServer({
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      for (const [name, method] of Object.entries(definition)) {
        const handle = implementation[name] as unknown as Backend['handle'];
        backends.set(method.path, { method: method as Backend['method'], handle });
      }
    },
  });
  return backends;
}

function connectBackend({ method, handle }: Backend, stream: RawStream): void {
  handle({
    on(event, listener) {
      if (event === 'data') stream.on('data', (bytes: Buffer) => forward(bytes, listener));
      else stream.on(event, listener);
    },
    write: (message) => stream.write(method.responseSerialize(message)),
    end: () => stream.end(),
  });

  function forward(bytes: Buffer, listener: (message: object) => void): void {
    try {
      listener(method.requestDeserialize(bytes));
    } catch {
      stream.emit('error', grpcInternalError());
    }
  }
}

/** The descriptors of some files and of all they import, the imports first. */
function descriptors(files: readonly DescFile[]): Buffer[] {
  const found = new Map<string, Buffer>();
  const visit = (file: DescFile): void => {
    if (found.has(file.proto.name)) return;
    for (const dependency of file.dependencies) visit(dependency);
    found.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  };
  files.forEach(visit);
  return [...found.values()];
}
