import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  type ReportResultRequest,
  ReportResultRequestSchema,
  type ReportResultResponse,
  ReportResultResponseSchema,
  type SelectAccountRequest,
  SelectAccountRequestSchema,
  type SelectAccountResponse,
  SelectAccountResponseSchema,
} from '../../gen/remora/v1/router_pb.ts';
import { type Lane, paths } from './lane.ts';
import { type Mix, model, reportOf } from './messages.ts';

/** The calls as a service written in JavaScript makes them: by @grpc/grpc-js, with whole messages in and out. */
export function createStockLane(address: string, mix: Mix): Lane {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const metadata = new Metadata();
  const { models = [model] } = mix;
  return {
    select(n, answered) {
      const request = create(SelectAccountRequestSchema, {
        groupId: mix.groups[n % mix.groups.length]!,
        model: models[Math.floor(n / mix.groups.length) % models.length]!,
        ...(mix.sessions > 0 && { sessionId: `session-${String(n % mix.sessions).padStart(8, '0')}` }),
        ...(mix.users > 0 && { userId: `user-${String(n % mix.users).padStart(2, '0')}` }),
      });
      client.makeUnaryRequest(
        paths.select,
        (message: SelectAccountRequest) => Buffer.from(toBinary(SelectAccountRequestSchema, message)),
        (bytes) => fromBinary(SelectAccountResponseSchema, bytes),
        request,
        metadata,
        (_error: ServiceError | null, answer?: SelectAccountResponse) => {
          const id = answer?.outcome.case === 'selection' ? answer.outcome.value.lease?.id : undefined;
          answered(id === undefined ? undefined : Buffer.from(id));
        },
      );
    },
    report(leaseId, answered) {
      const request = create(ReportResultRequestSchema, {
        leaseId: leaseId.toString(),
        ...reportOf(mix),
      });
      client.makeUnaryRequest(
        paths.report,
        (message: ReportResultRequest) => Buffer.from(toBinary(ReportResultRequestSchema, message)),
        (bytes) => fromBinary(ReportResultResponseSchema, bytes),
        request,
        metadata,
        (error: ServiceError | null, _answer?: ReportResultResponse) => answered(error === null),
      );
    },
    close: () => client.close(),
  };
}
