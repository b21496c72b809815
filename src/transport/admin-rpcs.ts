import type { DescMessage, DescMethodUnary, MessageShape } from '@bufbuild/protobuf';
import { AdminService } from '../../gen/remora/v1/admin_pb.ts';
import type { Admin, Answer } from '../routing/api.ts';
import { anySelection } from '../routing/select-request.ts';
import { encodeAccountState, encodeExplanation } from './codec/account-state.ts';
import { requiredTextFault, textFault, textsFault } from './codec/fields.ts';
import { limits } from './codec/limits.ts';
import { decodeSelect } from './codec/select.ts';
import { invalid, Refused } from './refused.ts';
import type { AnyUnaryRpc } from './rpc.ts';

/** AdminService's RPCs over the use cases. */
export function createAdminRpcs(admin: Admin): readonly AnyUnaryRpc[] {
  const { method } = AdminService;
  return [
    define(method.explainSelection, {
      fault: () => undefined,
      async run({ select }) {
        const request = select === undefined ? anySelection : decodeSelect(select, 'select.');
        if (request instanceof Refused) return request;
        return answered(await admin.explain(request), encodeExplanation);
      },
    }),
    define(method.listAccounts, {
      fault: (request) =>
        textFault('group_id', request.groupId) ?? textsFault('account_ids', request.accountIds),
      run: async (request) =>
        answered(await admin.listAccounts(request), (states) => ({
          $typeName: 'remora.v1.ListAccountsResponse',
          accounts: states.map(encodeAccountState),
        })),
    }),
    define(method.setAccountSchedulable, {
      fault: (request) =>
        requiredTextFault('account_id', request.accountId) ??
        textFault('reason', request.reason, limits.reasonBytes),
      run: async (request) =>
        answered(await admin.setSchedulable(request), () => ({
          $typeName: 'remora.v1.SetAccountSchedulableResponse',
        })),
    }),
    define(method.clearCooldowns, {
      fault: (request) => textFault('account_id', request.accountId) ?? textFault('model', request.model),
      run: async (request) =>
        answered(await admin.clearCooldowns(request), (cleared) => ({
          $typeName: 'remora.v1.ClearCooldownsResponse',
          cleared,
        })),
    }),
    define(method.unbindSessions, {
      fault: (request) =>
        textFault('group_id', request.groupId) ??
        textFault('session_id', request.sessionId) ??
        textFault('account_id', request.accountId),
      run: async (request) =>
        answered(await admin.unbindSessions(request), () => ({
          $typeName: 'remora.v1.UnbindSessionsResponse',
        })),
    }),
    define(method.invalidateModels, {
      fault: (request) => textFault('group_id', request.groupId) ?? textFault('platform', request.platform),
      run: async (request) =>
        answered(await admin.invalidateModels(request), () => ({
          $typeName: 'remora.v1.InvalidateModelsResponse',
        })),
    }),
    define(method.invalidateUserRates, {
      fault: (request) => textFault('user_id', request.userId) ?? textFault('group_id', request.groupId),
      run: async (request) =>
        answered(await admin.invalidateUserRates(request), () => ({
          $typeName: 'remora.v1.InvalidateUserRatesResponse',
        })),
    }),
  ];
}

interface Definition<I extends DescMessage, O extends DescMessage> {
  fault(request: MessageShape<I>): string | undefined;
  run(request: MessageShape<I>): Promise<MessageShape<O> | Refused>;
}

function define<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  definition: Definition<I, O>,
): AnyUnaryRpc {
  return {
    method,
    maxBytes: limits.requestBytes,
    async run(request: MessageShape<I>) {
      const fault = definition.fault(request);
      return fault === undefined ? definition.run(request) : invalid(fault);
    },
  };
}

function answered<T, M>(answer: Answer<T>, encode: (value: T) => M): M | Refused {
  return answer.kind === 'refused' ? new Refused(answer.refusal) : encode(answer.value);
}
