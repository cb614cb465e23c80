/** The cases that the console's guide registers. */
import { casesOf } from '../../console/src/pages/instances/cases';

it('leave no gap between orders, however late the next one is written', () => {
  let now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => ++now);
  const all = casesOf('acc').map(([, { orders = [] }]) => orders);
  clock.mockRestore();
  const renewed = all.filter((orders) => orders.some(({ kind }) => kind === 'renewal'));
  expect(renewed.length).toBeGreaterThan(0);
  for (const [purchase, renewal] of renewed) expect(renewal!.startsAt).toBe(purchase!.endsAt);
});
