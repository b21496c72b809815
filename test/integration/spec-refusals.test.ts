import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { leaseOf, refusalOf, report, select } from '../support/calls.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const start = () => startTestApp({ config: groupOf([subscription('a')]) });

describe('FAILED_PRECONDITION', () => {
  it('carries the failure where a chain can not be gone on with, too', async () => {
    const app = await start();
    const held = await select(app);
    const unreported = await refusalOf(select(app, { failoverFrom: leaseOf(held) }));
    expect(unreported).toMatchObject({ code: 'FAILED_PRECONDITION', failure: { attempts: [] } });
    await report(app, held);
    const succeeded = await refusalOf(select(app, { failoverFrom: leaseOf(held) }));
    expect(succeeded).toMatchObject({ code: 'FAILED_PRECONDITION', failure: { attempts: [] } });
  });
});

describe('an operator who names what is not there', () => {
  const calls: Readonly<Record<string, (app: RunningApp) => Promise<unknown>>> = {
    'ExplainSelection of a group': ({ admin }) => admin.explainSelection({ select: { groupId: 'nobody' } }),
    'ListAccounts of a group': ({ admin }) => admin.listAccounts({ groupId: 'nobody' }),
    'ListAccounts of an account': ({ admin }) => admin.listAccounts({ accountIds: ['a', 'nobody'] }),
    'SetAccountSchedulable of an account': ({ admin }) =>
      admin.setAccountSchedulable({ accountId: 'nobody' }),
    'ClearCooldowns of an account': ({ admin }) => admin.clearCooldowns({ accountId: 'nobody' }),
    'UnbindSessions of an account': ({ admin }) => admin.unbindSessions({ accountId: 'nobody' }),
    'UnbindSessions of a group': ({ admin }) => admin.unbindSessions({ groupId: 'nobody' }),
    'InvalidateModels of a group': ({ admin }) => admin.invalidateModels({ groupId: 'nobody' }),
    'InvalidateUserRates of a group': ({ admin }) => admin.invalidateUserRates({ groupId: 'nobody' }),
  };
  it.each(Object.entries(calls))('is told so by %s', async (_name, call) => {
    const error = await call(await start()).then(
      () => undefined,
      (reason: unknown) => ConnectError.from(reason),
    );
    expect(error && Code[error.code]).toBe('NotFound');
    expect(error?.rawMessage).toMatch(/^(?:group_id|account_ids?): no (?:group|account) "nobody"$/);
  });
});
