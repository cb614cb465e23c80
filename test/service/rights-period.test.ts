/** E2: what was used counts for ever; what is left follows the policy's period, where it has one, on the wall clock. */
import { rightsKey } from '../../domain/returns';
import { tencentCvm } from '../../policies/tencent-cvm';
import { countRights } from '../../store/agreements/rights';
import { createPool } from '../../store/db';
import { cvmPrepaid, end, newAccount, register } from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

it('E2: a right that was used before the period is left again', async () => {
  const account = newAccount();
  await end(http, [await register(http, cvmPrepaid({ account }))], { action: 'return' });
  const { knobs, product } = tencentCvm;
  const most = knobs.fiveDayCount;
  const counted = async (fiveDayPeriodDays: number | null) => {
    const holder = { account, product, knobs: { ...knobs, fiveDayPeriodDays } };
    const rights = await countRights(service.pool, [holder]);
    const { fiveDay, ordinary, left } = rights.get(rightsKey(account, product))!;
    return { ...fiveDay, left: left.fiveDay, ordinary };
  };
  const none = { used: 0, reserved: 0 };
  for (const period of [null, 1])
    expect(await counted(period)).toEqual({ used: 1, reserved: 0, left: most - 1, ordinary: none });
  const owner = createPool(service.adminUrl, { max: 1 });
  await owner.query('ALTER TABLE rights DISABLE TRIGGER USER');
  await owner.query("UPDATE rights SET recorded_at = recorded_at - interval '2 days' WHERE account = $1", [
    account,
  ]);
  await owner.query('ALTER TABLE rights ENABLE TRIGGER USER');
  await owner.end();
  expect(await counted(1)).toEqual({ used: 1, reserved: 0, left: most, ordinary: none });
  for (const period of [null, 3])
    expect(await counted(period)).toEqual({ used: 1, reserved: 0, left: most - 1, ordinary: none });
});
