/** The refund curve over HTTP: the same amounts as quotes, from the rights that are left. */
import {
  cvmPostpaid,
  cvmPrepaid,
  end,
  expectStatus,
  fastForward,
  hoursAgo,
  jdPrepaid,
  newAccount,
  quote,
  register,
} from '../support/lives';
import { useService } from '../support/service';

const { http } = useService();

const curveOf = async (id: string, headers: Record<string, string> = {}) =>
  expectStatus(await http.get(`/v1/instances/${id}/refund-curve`, { headers }), 200).body;
const codes = (list: { code: string }[]): string[] => list.map((one) => one.code);

it('M7, E1: from the five days over their cliff to the first whole month, and none once it is returned', async () => {
  const account = newAccount();
  const startsAt = hoursAgo(48);
  const inHours = (hours: number, ms = 0) =>
    new Date(Date.parse(startsAt) + hours * 3_600_000 + ms).toISOString();
  const id = await register(http, cvmPrepaid({ account }, startsAt));
  const curve = await curveOf(id);
  expect(curve).toMatchObject({ instanceId: id, currency: 'CNY', permitted: true, blockers: [] });
  expect(curve.points[0]).toMatchObject({
    at: curve.asOf,
    reason: 'now',
    kind: 'five-day',
    amount: '407.96',
  });
  expect(curve.points.slice(1, 3)).toEqual([
    { at: inHours(120), reason: 'five-day', kind: 'five-day', amount: '407.96', blockers: [] },
    { at: inHours(120, 1000), reason: 'five-day', kind: 'ordinary', amount: '357.56', blockers: [] },
  ]);
  expect(curve.points[4]).toMatchObject({ reason: 'month', kind: 'ordinary', amount: '356.96' });
  expect(codes(curve.points.at(-1)!.blockers)).toEqual(['NO_ORDER_IN_FORCE']);
  expect(codes(curve.warnings)).toEqual(['CLIFF_AHEAD']);
  const chinese = await curveOf(id, { 'accept-language': 'zh-CN' });
  expect(chinese.warnings[0]!.message).toMatch(/自下一秒起为 357\.56 CNY。$/);

  // The account's five-day right goes to another instance; at 27 days (no month is shorter) waiting pays
  // more, and the quote says the same.
  await end(http, [await register(http, cvmPrepaid({ account }))], { action: 'return' });
  const [used] = (await curveOf(id)).points;
  expect(used).toMatchObject({ kind: 'ordinary', amount: expect.stringMatching(/^387\./) });
  await fastForward(http, id, 'P25D');
  const before = await curveOf(id);
  expect(before.points[0]).toMatchObject({ kind: 'ordinary', amount: expect.stringMatching(/^135\./) });
  const [item] = (await quote(http, [id], { action: 'return' })).items;
  expect(Math.abs(Number(item!.refund.amount) - Number(before.points[0]!.amount))).toBeLessThan(0.02);
  expect(codes(before.warnings)).toContain('WAITING_PAYS_MORE');

  await end(http, [id], { action: 'return' });
  const returned = await curveOf(id);
  expect(returned).toMatchObject({ permitted: false, points: [], warnings: [] });
  // L18: beside a state that rules it out, what else is missing helps nobody.
  expect(codes(returned.blockers)).toEqual(['WRONG_STATE']);
});

it('E8: what can’t be returned answers the blockers of its quote, and an unknown instance 404', async () => {
  for (const registration of [cvmPostpaid(), jdPrepaid()]) {
    const id = await register(http, registration);
    const curve = await curveOf(id);
    const [item] = (await quote(http, [id], { action: 'return' })).items;
    expect(curve).toMatchObject({ permitted: false, points: [], blockers: item!.blockers });
    expect(codes(curve.blockers)).toContain('WRONG_ACTION');
  }
  expect((await http.get('/v1/instances/nobody/refund-curve')).body).toMatchObject({
    status: 404,
    code: 'NOT_FOUND',
  });
});

it('a part of it for a picture: from one instant to another, with points in between', async () => {
  const startsAt = hoursAgo(48);
  const id = await register(http, cvmPrepaid({ account: newAccount() }, startsAt));
  const whole = await curveOf(id);
  const part = async (query: string) =>
    expectStatus(await http.get(`/v1/instances/${id}/refund-curve?${query}`), 200).body;
  const picture = await part('points=20');
  expect(picture.points.filter(({ reason }) => reason === 'between')).toHaveLength(18);
  expect(picture.points.filter(({ reason }) => reason === 'month').length).toBe(
    whole.points.filter(({ reason }) => reason === 'month').length,
  );
  const to = new Date(Date.parse(startsAt) + 200 * 3_600_000).toISOString();
  const near = await part(`to=${to}`);
  expect(near.points.filter(({ reason }) => reason === 'between').length).toBeGreaterThan(90);
  expect(near.points.every(({ at }) => Date.parse(at) <= Date.parse(to))).toBe(true);
  expect(near.points.map(({ reason }) => reason)).toContain('five-day');
  const bad = await http.get(`/v1/instances/${id}/refund-curve?from=${to}&to=${startsAt}&points=1`);
  expect(bad.body.errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
    '/points TOO_SMALL',
    '/to NOT_AFTER_FROM',
  ]);
});
