/**
 * What is read, with few instances and with very many: each list, also by a filter that nothing matches, the books and
 * the metrics. On servers of its own; through the API, one call at a time, few and many in turns.
 */
import setUp from '../../test/support/global-setup';
import tearDown from '../../test/support/global-teardown';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  type Fields,
  fromNow,
  jdPostpaid,
  redisPostpaid,
  redisPrepaid,
  register,
} from '../../test/support/lives';
import { type ServiceUnderTest, startService } from '../../test/support/service';
import { type Figure, median, ratiosOf } from '../compare';
import { copyLives } from '../many';
import type { Place } from '../place';
import type { Size } from './size';

/** The account of the lives that are copied; it keeps every tenth copy. */
const BIG = 'acc-big';
/** As many as it has also where there are few: pages as long as each other are compared. */
const A_PAGE = 'limit=5';

const LISTS = [
  '/v1/instances',
  '/v1/instances?region=ap-guangzhou',
  '/v1/instances?region=nowhere',
  '/v1/instances?product=jd-vm',
  '/v1/instances?product=jd-vm&region=ap-guangzhou',
  '/v1/instances?product=jd-vm&state=isolated',
  '/v1/instances?state=changing',
  '/v1/instances?state=terminated&product=tencent-redis',
  '/v1/instances?scheduled=true',
  '/v1/instances?scheduled=true&product=jd-vm',
  '/v1/instances?externalId=none',
  '/v1/instances?q=nothing-of-the-kind',
  '/v1/instances?account=none',
  `/v1/instances?account=${BIG}&state=changing`,
  `/v1/instances?account=${BIG}&product=jd-vm&region=ap-guangzhou&${A_PAGE}`,
  '/v1/instances?sort=id',
  '/v1/instances?sort=-state',
  '/v1/instances?sort=name&state=running',
  '/v1/instances?sort=-due',
  '/v1/instances?sort=due&product=jd-vm',
  '/v1/instances?sort=due&scheduled=true',
  '/v1/instances?sort=expires&product=tencent-cvm',
  '/v1/instances?sort=expires&region=nowhere',
  '/v1/instances?sort=account&product=jd-vm',
  `/v1/instances?sort=name&account=${BIG}&${A_PAGE}`,
  '/v1/recycle-bin',
  '/v1/recycle-bin?product=jd-vm',
  '/v1/recycle-bin?q=nothing-of-the-kind',
  `/v1/recycle-bin?account=${BIG}&region=nowhere`,
  '/v1/refunds',
  '/v1/refunds?account=none',
  `/v1/refunds?account=${BIG}&${A_PAGE}`,
  '/v1/refund-requests',
  '/v1/terminations',
  `/v1/terminations?account=${BIG}&${A_PAGE}`,
  '/v1/accounts?limit=5',
  '/v1/accounts?q=nothing-of-the-kind',
  '/v1/events?limit=5',
  '/v1/audits',
  '/v1/keys',
  '/v1/troubles',
];
const BOOKS = [
  `/v1/accounts/${BIG}`,
  `/v1/accounts/${BIG}/statement?${A_PAGE}`,
  `/v1/accounts/${BIG}~1/statement`,
  `/v1/accounts/${BIG}/balances`,
  `/v1/accounts/${BIG}~1/balances`,
  '/v1/trial-balance',
  '/metrics',
];

/** Some of every kind: living, waiting for its time, in the bin, ended, with a refund and without. */
async function someLives({ http }: ServiceUnderTest): Promise<number> {
  const make = (body: typeof cvmPostpaid, more: Fields = {}): Promise<string> =>
    register(http, body({ account: BIG, ...more }));
  for (const body of [cvmPostpaid, cvmPrepaid, redisPostpaid, redisPrepaid, jdPostpaid]) {
    await make(body);
    await make(body, { name: 'web' });
  }
  await end(http, [await make(cvmPrepaid)], { action: 'return' });
  await end(http, [await make(redisPostpaid)]);
  await end(http, [await make(cvmPostpaid)]);
  await end(http, [await make(cvmPostpaid)], { schedule: { mode: 'timed', at: fromNow(30 * DAY) } });
  return 14;
}

async function scene(instances: number): Promise<ServiceUnderTest> {
  const service = await startService();
  const lives = await someLives(service);
  await Promise.all(service.workers.map((worker) => worker.stop()));
  await copyLives(service.adminUrl, Math.round(instances / lives) - 1);
  return service;
}

const FEW = 1000;
/** Of a round, to each. */
const CALLS = 5;

/** @param many how many instances there are at most */
async function listsGrow(many: number, rounds: number): Promise<Figure[]> {
  await setUp();
  const services: ServiceUnderTest[] = [];
  try {
    for (const instances of [FEW, many]) services.push(await scene(instances));
    const [few, large] = services as [ServiceUnderTest, ServiceUnderTest];
    const figures: Figure[] = [];
    for (const path of [...LISTS, ...BOOKS]) figures.push(await compared(path, few, large, many, rounds));
    return figures;
  } finally {
    for (const service of services) await service.stop();
    await tearDown();
  }
}

async function compared(
  path: string,
  few: ServiceUnderTest,
  large: ServiceUnderTest,
  many: number,
  rounds: number,
): Promise<Figure> {
  const took = async ({ http }: ServiceUnderTest): Promise<number> => {
    const begun = performance.now();
    const { status } = await http.get(path);
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
    return performance.now() - begun;
  };
  /** The medians of some calls to each, in turns. */
  const pair = async (): Promise<[large: number, few: number]> => {
    const times: [large: number[], few: number[]] = [[], []];
    for (let call = 0; call < CALLS; call += 1) {
      const both =
        call % 2 ? [await took(few), await took(large)].reverse() : [await took(large), await took(few)];
      times.forEach((all, at) => void all.push(both[at]!));
    }
    return [median(times[0]), median(times[1])];
  };
  // Caches and statements are warm after it.
  await pair();
  const pairs: [large: number, few: number][] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push(await pair());
  const { ours, theirs, ...ratio } = ratiosOf(pairs);
  return {
    metric: 'M12',
    what: `GET ${path}, ${many.toLocaleString('en')} ÷ ${FEW.toLocaleString('en')} instances`,
    ratio,
    goal: '≤ 1.50',
    ours: `${ours.toFixed(1)} ms`,
    theirs: `${theirs.toFixed(1)} ms`,
  };
}

/** On servers of its own: the cluster's database is not to be full of copies. */
export const m12 = async (_: Place, { rounds, listed }: Size): Promise<Figure[]> =>
  await listsGrow(listed, rounds);
