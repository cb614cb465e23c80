/**
 * Many instances returned at once through a control plane that takes its time and fails now and then: all are done, none
 * twice. `SUNSET_NIGHTLY`: 500, each taking 1 to 20 s, and each tenth asking failing.
 */
import { Liar } from '../support/liar';
import { cvmPrepaid, newId, quote, register, until } from '../support/lives';
import { planesOf } from '../support/machines';
import { inParallel, range } from '../support/parallel';
import { Random } from '../support/random';
import { auditAtEnd, type ServiceUnderTest, startService } from '../support/service';

const [MANY, FROM_MS, TO_MS] = process.env.SUNSET_NIGHTLY ? [500, 1000, 20_000] : [40, 100, 2000];
const FAILS = 0.1;
const MAX_IN_FLIGHT = 50;
const SEED = Number(process.env.SUNSET_SEED ?? Date.now() % 1_000_000);

const liar = new Liar();
let service: ServiceUnderTest;
beforeAll(async () => {
  await liar.start();
  service = await startService({
    controlPlanes: planesOf(liar, { maxInFlight: MAX_IN_FLIGHT, timeoutSeconds: 30 }),
  });
});
afterAll(async () => {
  await service.stop();
  await liar.stop();
});

const countOf = async (sql: string): Promise<number> => Number((await service.pool.query(sql)).rows[0].count);

it(`${MANY} at once`, async () => {
  const { http } = service;
  const random = new Random(SEED);
  const ids = range(MANY).map(() => newId());
  const quotes = await inParallel(ids, async (id) => {
    liar.make(id);
    await register(http, cvmPrepaid(), id);
    return (await quote(http, [id], { action: 'return' })).id;
  });
  liar.pace = () => ({ ms: random.int(FROM_MS, TO_MS), fails: random.chance(FAILS) });
  const began = Date.now();
  await inParallel(quotes, async (quoteId) => {
    // So many are much for two cores: what is answered 503 is asked again under the same key, as it says.
    const key = newId('key');
    await until(
      async () => (await http.post('/v1/terminations', { quoteId, agree: true }, { key })).status === 202,
      'the agreement',
    );
  });
  await until(
    async () => (await countOf("SELECT count(*) FROM instances WHERE state = 'isolated'")) === MANY,
    'all to be isolated',
    1_800_000,
  );
  const seconds = Math.round((Date.now() - began) / 1000);
  const applied = liar.asked.filter(({ call }) => call === 'apply').length;
  console.info(
    `${MANY} returned in ${seconds} s, seed ${SEED}: asked ${applied} times, ${liar.mostAtOnce} at once at most`,
  );
  const refunds = 'SELECT count(*) FROM refunds';
  expect(await countOf(`${refunds} WHERE status = 'done'`)).toBe(MANY);
  expect(await countOf(refunds)).toBe(MANY);
  expect(await countOf("SELECT count(*) FROM transactions WHERE event = 'refund'")).toBe(MANY);
  // Each machine once, and never more of them at a time than the control plane is to have.
  expect(liar.deeds.filter(({ did }) => did === 'isolate')).toHaveLength(MANY);
  expect(liar.mostAtOnce).toBeLessThanOrEqual(MAX_IN_FLIGHT);
  await auditAtEnd(service);
}, 2_400_000);
