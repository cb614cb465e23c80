/** What is measured, one function a metric; the goals are those of docs/performance.md. */
import { commitsOf, costSoFar } from '../../test/support/cost';
import {
  type Arm,
  compare,
  type Data,
  type Drawn,
  type Figure,
  type Measured,
  medianOf,
  quantile,
  type Ratio,
  ratioOf,
} from '../compare';
import { cpuOf } from '../cpu';
import { bareThree, bareWhole, commands, type Group, httpWhole, naiveThree, workflowThree } from '../lives';
import { MINIMUM } from '../minimum';
import { type Place, YARDSTICK } from '../place';
import { m7 } from './batch';
import { m13 } from './quotes';
import { m12 } from './reads';
import { m8 } from './side-by-side';
import type { Size } from './size';
import { m11 } from './sleepers';
import { m9, m10 } from './starts';
import { m6 } from './store';

interface Metric {
  name: string;
  title: string;
  run(place: Place, size: Size): Promise<Figure[]>;
}

const rate = ({ rate: perSecond }: Measured): number => perSecond;
const GROUPS: Group[] = ['client', 'sunset', 'peers', 'temporal', 'postgres'];
const cpuShown = (rounds: Measured[][], arm: string): string =>
  GROUPS.map((group) => `${group} ${medianOf(rounds, arm, ({ cpu }) => cpu[group]!).toFixed(0)}`)
    .filter((text) => !text.endsWith(' 0'))
    .join(', ');

function ratesOf(
  metric: string,
  what: string,
  goal: string | undefined,
  rounds: Measured[][],
  ours: string,
  theirs: string,
): Figure {
  const { ours: a, theirs: b, ...ratio } = ratioOf(rounds, ours, theirs, rate);
  const drawn = (name: string): Drawn => ({
    name,
    rate: medianOf(rounds, name, rate),
    cpu: Object.fromEntries(GROUPS.map((group) => [group, medianOf(rounds, name, ({ cpu }) => cpu[group]!)])),
  });
  const data: Data = { kind: 'arms', arms: [drawn(ours), drawn(theirs)] };
  const shown = (perSecond: number, arm: string): string =>
    `${perSecond.toFixed(1)}/s; CPU-ms: ${cpuShown(rounds, arm)}`;
  return { metric, what, ratio, goal, ours: shown(a, ours), theirs: shown(b, theirs), data };
}

/** The bare workflow on workers with Sunset's settings: what those settings alone are worth. */
async function bareSetAlike(place: Place): Promise<{ arm: Arm<Group>; stop(): void }> {
  const yardstick = { ...YARDSTICK, queue: 'bench-set-alike', likeSunset: true };
  const workers = await place.startWorkers(yardstick);
  const pids = { ...place.pids, peers: workers.map(({ pid }) => pid!) };
  return {
    arm: bareThree({ ...place, queue: yardstick.queue, pids }, 'bare, set alike'),
    stop: () => {
      for (const worker of workers) worker.disconnect();
    },
  };
}

async function m2(place: Place, size: Size): Promise<Figure[]> {
  const [workflow, bare, naive] = [workflowThree(place), bareThree(place), naiveThree(place)];
  const setAlike = await bareSetAlike(place);
  const few = await compare([workflow, bare, naive, setAlike.arm], { ...size, concurrency: 16 }, cpuOf);
  setAlike.stop();
  const many = await compare([workflow, bare], { ...size, concurrency: 64 }, cpuOf);
  return [
    ratesOf('M2', 'lives/s, workflow ÷ bare, at 16', '≥ 1.00', few, workflow.name, bare.name),
    ratesOf('M2', 'lives/s, workflow ÷ naive, at 16', '≥ 2.50', few, workflow.name, naive.name),
    ratesOf(
      'M2',
      "lives/s, workflow ÷ bare with Sunset's settings of a worker, at 16",
      undefined,
      few,
      workflow.name,
      setAlike.arm.name,
    ),
    ratesOf('M2', 'lives/s, workflow ÷ bare, at 64', '≥ 1.00', many, workflow.name, bare.name),
  ];
}

async function m3(place: Place, size: Size): Promise<Figure[]> {
  const rounds = await compare([httpWhole(place), bareWhole(place)], { ...size, concurrency: 16 }, cpuOf);
  return [ratesOf('M3', 'lives/s, HTTP ÷ bare, at 16', '≥ 0.85', rounds, 'http', 'bare')];
}

async function m4(place: Place, size: Size): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const concurrency of [1, 32]) {
    const rounds = await compare(await commands(place, concurrency), { ...size, concurrency }, cpuOf);
    for (const [name, q, goal] of [
      ['p50', 0.5, '≤ 1.10'],
      ['p99', 0.99, '≤ 1.20'],
    ] as const) {
      const { ours, theirs, ...ratio } = ratioOf(rounds, 'http', 'executeUpdate', ({ durations }) =>
        quantile(durations, q),
      );
      const ms = (value: number): string => `${value.toFixed(1)} ms`;
      figures.push({
        metric: 'M4',
        what: `${name} of a command, HTTP ÷ raw update, at ${concurrency}`,
        ratio,
        goal,
        ours: ms(ours),
        theirs: ms(theirs),
      });
    }
  }
  return figures;
}

async function m1(place: Place): Promise<Figure[]> {
  const before = await lastId(place);
  await httpWhole(place).once();
  const { rows } = await place.pool.query<{ id: string }>('SELECT id FROM instances WHERE seq > $1', [
    before,
  ]);
  const { id } = rows[0]!;
  const counted = {
    ...(await costSoFar(place.client, id)),
    commits: await commitsOf(place.pool, id),
  };
  return (['events', 'tasks', 'transitions', 'commits'] as const).map((what) => {
    const value = counted[what] / MINIMUM[what];
    const ratio: Ratio = { median: value, min: value, max: value };
    return {
      metric: 'M1',
      what: `${what} a life ÷ the cost model's`,
      ratio,
      goal: '≤ 1.00',
      ours: String(counted[what]),
      theirs: String(MINIMUM[what]),
    };
  });
}

const lastId = async (place: Place): Promise<number> =>
  ((await place.pool.query<{ seq: string | null }>('SELECT max(seq) AS seq FROM instances')).rows[0]!
    .seq as unknown as number) ?? 0;

export const METRICS: Metric[] = [
  { name: 'M1', title: 'events and transitions of a life', run: m1 },
  { name: 'M2', title: 'lives a second, without the API', run: m2 },
  { name: 'M3', title: 'lives a second, by HTTP', run: m3 },
  { name: 'M4', title: 'how long one command takes', run: m4 },
  { name: 'M6', title: 'steps of the store alone', run: m6 },
  { name: 'M7', title: 'many ended at once', run: m7 },
  { name: 'M8', title: 'the same life on other engines', run: m8 },
  { name: 'M9', title: 'how long a start takes', run: m9 },
  { name: 'M10', title: 'deadlines that came while no worker was there', run: m10 },
  { name: 'M11', title: 'what a sleeping instance takes', run: m11 },
  { name: 'M12', title: 'what is read, with very many instances', run: m12 },
  { name: 'M13', title: 'what a quote costs', run: m13 },
];
