/**
 * `npm run record-histories`: lives every kind of life on the real servers and saves their histories under
 * test/histories/<version>-revision-<n>/<name>.json. Run it when a version is released, or when there is a new kind of
 * life; replaying what old versions wrote is what keeps living instances safe from a change of the workflow.
 * What is recorded already stays as it is.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { Applied } from '../drivers/port';
import { version } from '../package.json';
import setUp from '../test/support/global-setup';
import tearDown from '../test/support/global-teardown';
import type { Http } from '../test/support/http';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  type Fields,
  fastForward,
  fromNow,
  instanceOf,
  jdPostpaid,
  jdPrepaid,
  purchase,
  quote,
  redisPostpaid,
  redisPrepaid,
  register,
  timelineOf,
  until,
} from '../test/support/lives';
import { FAR, farPlanes, IMPATIENT, Machines } from '../test/support/machines';
import { type ServiceUnderTest, startService } from '../test/support/service';
import { REVISION, SIGNALS, workflowId } from '../workflows/messages';

type Live = (service: ServiceUnderTest, http: Http) => Promise<string>;
const later = { schedule: { mode: 'later' } };
const timed = () => ({ schedule: { mode: 'timed', at: fromNow(3 * DAY) } });

/** Registers, does things, and answers the instance's id. */
const living =
  (
    registration: () => Fields,
    ...acts: ((http: Http, id: string, service: ServiceUnderTest) => Promise<unknown>)[]
  ): Live =>
  async (service, http) => {
    const id = await register(http, registration());
    for (const act of acts) await act(http, id, service);
    return id;
  };

const command =
  (path: string, body: Fields = {}) =>
  async (http: Http, id: string) =>
    expectStatus(await http.post(`/v1/instances/${id}/${path}`, body), 200);
const ending =
  (ask: () => Parameters<typeof end>[2] = () => ({})) =>
  (http: Http, id: string) =>
    end(http, [id], ask());
const forward = (duration: string) => (http: Http, id: string) => fastForward(http, id, duration);
const returned = ending(() => ({ action: 'return' }));

const signals = async (http: Http, id: string, { client }: ServiceUnderTest): Promise<void> => {
  const handle = client.workflow.getHandle(workflowId(id));
  const steps = (count: number) =>
    until(async () => (await timelineOf(http, id)).length === count, `${count} steps`);
  await handle.signal(SIGNALS.purge, { id: 's1', confirm: id });
  await steps(2);
  await handle.signal(SIGNALS.terminate, { id: 's2', agree: true, schedule: { mode: 'later' } });
  await steps(3);
  await handle.signal(SIGNALS.restore, { id: 's3' });
  await steps(4);
};

const machines = new Machines();
const driven = (registration: (more: Fields) => Fields) => () => registration({ region: FAR });
const reaches = (state: string) => (http: Http, id: string) =>
  until(async () => (await instanceOf(http, id)).state === state, state, 90_000);
const stuck = (http: Http, id: string) =>
  until(async () => (await instanceOf(http, id)).attention !== null, 'attention');
const power = (name: 'start' | 'stop', state: string) => async (http: Http, id: string) => {
  await command(name)(http, id);
  await reaches(state)(http, id);
};
/** From now on it answers so; missing: it does as it is told. */
const plane = (answer?: Applied) => async () => {
  machines.answer = () => answer;
};
/** Agrees to a return, and waits for nothing. */
async function agreed(http: Http, id: string): Promise<void> {
  const { id: quoteId } = await quote(http, [id], { action: 'return' });
  await http.post('/v1/terminations', { quoteId, agree: true });
}
async function isolated(http: Http, id: string): Promise<void> {
  await agreed(http, id);
  await reaches('isolated')(http, id);
}

export const LIVES: Record<string, Live> = {
  'cvm-now': living(cvmPostpaid, ending()),
  'cvm-later-released': living(
    cvmPostpaid,
    ending(() => later),
    forward('PT2H5S'),
  ),
  'cvm-timed-moved-fired': living(
    cvmPostpaid,
    ending(timed),
    (http, id) => http.post(`/v1/instances/${id}/reschedule`, { at: fromNow(5 * DAY) }),
    forward('P6D'),
  ),
  'cvm-timed-cancelled': living(cvmPostpaid, ending(timed), command('cancel'), forward('P4D')),
  'cvm-returned-released': living(cvmPrepaid, returned, forward('P7DT5S')),
  'cvm-returned-restored': living(
    cvmPrepaid,
    returned,
    command('restore', { renewal: { months: 1 } }),
    forward('P2D'),
  ),
  'cvm-renewed-expired': living(
    () => cvmPrepaid({ orders: [purchase(fromNow(-40 * DAY), { endsAt: fromNow(DAY) })] }),
    command('orders', { kind: 'renewal', months: 1, paid: { cash: '51' } }),
    forward('P40D'),
  ),
  'redis-restored': living(redisPostpaid, ending(), command('restore'), command('stop'), command('start')),
  'redis-purged': living(redisPrepaid, returned, (http, id) =>
    http.post(`/v1/instances/${id}/purge`, { confirm: id }),
  ),
  'jd-deleted': living(() => jdPostpaid({ state: 'changing' }), command('stop'), ending()),
  'jd-expired-deleted': living(jdPrepaid, forward('P40D'), ending()),
  'cvm-returned-undone': living(
    cvmPrepaid,
    returned,
    async (http, id) => {
      const [refund] = (await http.get(`/v1/refunds?instanceId=${id}`)).body.items;
      await http.post(`/v1/refunds/${refund!.id}/undo`, { reason: 'by mistake' });
    },
    forward('P370D'),
  ),
  'cvm-renewals-returned': living(
    cvmPrepaid,
    command('orders', { kind: 'renewal', months: 1, paid: { cash: '51' } }),
    ending(() => ({ action: 'return-renewals' })),
    forward('P370D'),
  ),
  'cvm-network-switched': living(
    () => cvmPostpaid({ network: { billing: 'bandwidth', hour: '0.063', month: '20' } }),
    command('network', { billing: 'traffic' }),
    ending(),
  ),
  'operation-holds-timed': living(
    cvmPostpaid,
    ending(timed),
    command('operations', { kind: 'resize' }),
    forward('P4D'),
    command('operations/end', { power: 'stopped' }),
  ),
  'legal-hold': living(
    cvmPrepaid,
    returned,
    command('protect', { reason: 'lawsuit', holdRelease: true }),
    forward('P8D'),
    command('unprotect', { reason: 'settled' }),
  ),
  'cvm-prices-put': living(
    cvmPrepaid,
    async (http, id) =>
      expectStatus(
        await http.put(`/v1/instances/${id}/prices`, {
          version: '2027',
          currency: 'CNY',
          month: '60',
          hour: '0.2',
        }),
        200,
      ),
    command('orders', { kind: 'renewal', months: 1, paid: { cash: '60' } }),
    returned,
  ),
  'expired-into-bin': living(redisPrepaid, forward('P370D')),
  protected: living(
    cvmPostpaid,
    command('protect', { reason: 'audit' }),
    command('unprotect', { reason: 'done' }),
  ),
  signals: living(cvmPostpaid, signals),
  'machine-stopped-started': living(driven(cvmPostpaid), power('stop', 'stopped'), power('start', 'running')),
  'machine-returned-restored-released': living(
    driven(cvmPrepaid),
    isolated,
    command('restore', { renewal: { months: 1 } }),
    reaches('running'),
    isolated,
    forward('P8D'),
    reaches('terminated'),
  ),
  'machine-refused': living(
    driven(cvmPrepaid),
    plane({ state: 'refused', code: 'LOCKED', message: 'by its owner', retryable: false }),
    agreed,
    reaches('running'),
    plane(),
  ),
  'machine-stuck-skipped': living(
    driven(cvmPrepaid),
    plane({ state: 'unknown', reason: 'nobody answers' }),
    agreed,
    stuck,
    command('resolve', { action: 'skip', reason: 'by hand' }),
    reaches('isolated'),
    plane(),
  ),
  'machine-stuck-given-up': living(
    driven(cvmPrepaid),
    plane({ state: 'pending', pollAfter: 1 }),
    agreed,
    stuck,
    command('resolve', { action: 'give-up', reason: 'not to happen' }),
    reaches('running'),
    plane(),
  ),
};

/**
 * Who ran it, and on which machine, is of no interest to a replay: identities and sticky queues are
 * `<pid>@<host>…`.
 */
const isWho = (name: string, value: unknown): boolean =>
  name === 'identity' || (typeof value === 'string' && /^\d+@/.test(value));
const withoutNames = (history: string): string =>
  JSON.stringify(
    JSON.parse(history, (name: string, value: unknown) => (isWho(name, value) ? 'recorded' : value)),
    null,
    1,
  );

async function main(): Promise<void> {
  await setUp();
  const service = await startService({ controlPlanes: farPlanes(machines), policies: IMPATIENT });
  const folder = join(__dirname, '..', 'test', 'histories', `${version}-revision-${REVISION}`);
  mkdirSync(folder, { recursive: true });
  for (const [name, live] of Object.entries(LIVES)) {
    const file = join(folder, `${name}.json`);
    if (existsSync(file)) continue;
    const id = await live(service, service.http);
    const history = await service.client.workflow.getHandle(workflowId(id)).fetchHistory();
    writeFileSync(file, `${withoutNames(historyToJSON(history))}\n`);
    process.stdout.write(`${name}: ${history.events!.length} events\n`);
  }
  await service.stop();
  await tearDown();
}

if (require.main === module) void main();
