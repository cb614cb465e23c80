/** Quotes as earlier versions stored them: they bind, and are shown in the words that they were given. */
import { audit } from '../../store/audit';
import { cvmPrepaid, expectStatus, hoursAgo, quote, register, settled } from '../support/lives';
import { useService } from '../support/service';

const { service, http } = useService();

/** An item's refund without its tag, and a warning in words in place of its numbers. */
async function asBefore(quoteId: string): Promise<void> {
  const warning = { code: 'WAITING_PAYS_MORE', message: { en: 'Said before.', zh: '此前的说明。' } };
  await service.pool.query(
    `UPDATE quotes SET items = (SELECT jsonb_agg(item #- '{refund,outcome}' || jsonb_build_object('warnings', $2::jsonb)
       ORDER BY place) FROM jsonb_array_elements(items) WITH ORDINALITY AS one (item, place)) WHERE id = $1`,
    [quoteId, JSON.stringify([warning])],
  );
}

it('M17 a quote without tags is shown as it was, and pays what it said', async () => {
  const [id, running] = [
    await register(http, cvmPrepaid({}, hoursAgo(24 * 29))),
    await register(http, cvmPrepaid({ state: 'running' })),
  ];
  const now = await quote(http, [id], { action: 'return' });
  expect(now.items[0]!.warnings.map(({ code }: { code: string }) => code)).toContain('WAITING_PAYS_MORE');
  const blocked = await quote(http, [running], { action: 'terminate' });
  await asBefore(now.id);
  await asBefore(blocked.id);

  const again = expectStatus(await http.get(`/v1/quotes/${now.id}`), 200).body;
  expect(again.items[0]).toEqual({
    ...now.items[0],
    warnings: [{ code: 'WAITING_PAYS_MORE', message: 'Said before.' }],
  });
  const { items } = expectStatus(await http.get(`/v1/quotes/${blocked.id}`), 200).body;
  expect(items[0]!.refund).toEqual(blocked.items[0]!.refund);
  expect(items[0]!.refund).not.toHaveProperty('amount');

  const agreed = expectStatus(await http.post('/v1/terminations', { quoteId: now.id, agree: true }), 202);
  const [item] = (await settled(http, agreed.body.id)).items;
  const refund = expectStatus(await http.get(`/v1/refunds/${item!.refundId}`), 200).body;
  expect(refund).toMatchObject({ status: 'done', amount: now.items[0]!.refund.amount });
  expect((await audit(service.pool)).checks.flatMap(({ findings }) => findings)).toEqual([]);
});
