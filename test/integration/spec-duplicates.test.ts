import { describe, expect, it } from 'vitest';
import type { ReportResultResponse } from '../../gen/remora/v1/router_pb.ts';
import { failedWith, leaseOf, report, select } from '../support/calls.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';

const tooMany = { ...failedWith(429), selectNext: true };

function nextOf({ next }: ReportResultResponse) {
  return next?.outcome.case === 'selection' ? next.outcome.value : undefined;
}

describe('a report told again after its chain went on', () => {
  const start = () => startTestApp({ config: groupOf(['a', 'b', 'c', 'd'].map((id) => subscription(id))) });

  it.each([
    { fate: 'succeeded', outcome: {} },
    { fate: 'failed', outcome: failedWith(429) },
  ])('takes no further slot where the attempt that followed $fate', async ({ outcome }) => {
    const app = await start();
    const first = await select(app);
    const followed = nextOf(await report(app, first, tooMany))!;
    await report(app, followed, outcome);
    const again = await report(app, first, tooMany);
    expect(again.duplicate).toBe(true);
    expect(again.next).toBeUndefined();
    expect(again.nextFailure?.attempts.map(({ accountId }) => accountId)).toEqual([first.account?.id]);
    expect(await app.metric('remora_leases_active')).toBe(0);
  });

  it('gets another account where the attempt that followed was lost', async () => {
    const app = await start();
    const first = await select(app, { leaseTtl: { seconds: 5n } });
    const followed = nextOf(await report(app, first, tooMany))!;
    app.clock.advance(6_000);
    const again = nextOf(await report(app, first, tooMany));
    expect(again && leaseOf(again)).toMatch(/^l1/);
    expect(again && leaseOf(again)).not.toBe(leaseOf(followed));
  });
});
