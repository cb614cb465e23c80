/** M8: the same life on other engines, and what each loses when the process that runs it is killed. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Arm,
  compare,
  type Figure,
  type Loss,
  type Measured,
  medianOf,
  only,
  ratioOf,
} from '../compare';
import {
  COMMANDS,
  type CommandName,
  type Contestant,
  type Side,
  SUNSET,
  startContestants,
} from '../contestants';
import { cpuOf } from '../cpu';
import type { Place } from '../place';
import type { Size } from './size';

const CONCURRENCY = 16;
const SIDES: Side[] = ['client', 'process', 'server', 'postgres'];

const keyOf = (id: string, command: CommandName): string => `${id}/${command}`;

/** Lives that came to a stop, by whose they were: a command that was not answered in seconds. */
type Stuck = Map<string, number>;

const armOf = (contestant: Contestant, stuck: Stuck): Arm<Side> => ({
  name: contestant.name,
  groups: contestant.groups,
  once: async () => {
    const id = `ins-${randomUUID()}`;
    try {
      for (const command of COMMANDS) await untilDone(contestant, id, command);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      stuck.set(contestant.name, (stuck.get(contestant.name) ?? 0) + 1);
      return false;
    }
  },
});

async function untilDone(contestant: Contestant, id: string, command: CommandName): Promise<void> {
  if ((await contestant.send(id, command, keyOf(id, command))) === 'done') return;
  while (!(await isRecorded(contestant, id, command))) await sleep(20);
}

const isRecorded = async ({ recorded }: Contestant, id: string, command: CommandName): Promise<boolean> =>
  (await recorded([id])).some(({ step, least }) => COMMANDS[step] === command && least > 0);

const PAUSE_MS = 1000;
const AGAIN_MS = 100;
const LIMIT_MS = 90_000;

/** Kills it after so many seconds of load, starts it again after one more, and counts. */
async function killInTheMiddle(
  contestant: Contestant,
  { kill, start }: NonNullable<Contestant['killing']>,
  seconds: number,
): Promise<Loss> {
  const answered = new Set<string>();
  const ids: string[] = [];
  let isKilled = false;
  const giveUpAt = Date.now() + seconds * 1000 + LIMIT_MS;

  // A careful client: what was not answered is sent again under the same key, until it is.
  const ask = async (id: string, command: CommandName): Promise<void> => {
    while (Date.now() < giveUpAt) {
      const answer = await contestant.send(id, command, keyOf(id, command)).catch(() => undefined);
      if (answer) answered.add(keyOf(id, command));
      if (answer === 'done') return;
      if (answer === 'accepted' && (await isRecorded(contestant, id, command))) return;
      await sleep(AGAIN_MS);
    }
  };
  const lives = async (): Promise<void> => {
    while (!isKilled) {
      const id = `ins-${randomUUID()}`;
      ids.push(id);
      for (const command of COMMANDS) await ask(id, command);
    }
  };
  const load = Promise.all(Array.from({ length: CONCURRENCY }, lives));
  await sleep(seconds * 1000);
  isKilled = true;
  await kill();
  await sleep(PAUSE_MS);
  const begun = Date.now();
  await start();
  await load;
  let loss = await countLoss(contestant, ids, answered);
  // Some answer before all is recorded.
  while (loss.complete < ids.length && Date.now() < giveUpAt) {
    await sleep(AGAIN_MS);
    loss = await countLoss(contestant, ids, answered);
  }
  const drainedSeconds = loss.complete === ids.length ? (Date.now() - begun) / 1000 : null;
  return { ...loss, drainedSeconds };
}

async function countLoss(
  contestant: Contestant,
  ids: string[],
  answered: Set<string>,
): Promise<Omit<Loss, 'drainedSeconds'>> {
  const rows = await contestant.recorded(ids);
  const there = new Set(
    rows.filter(({ least }) => least > 0).map(({ id, step }) => `${id}/${COMMANDS[step]}`),
  );
  const isComplete = (id: string): boolean => COMMANDS.every((command) => there.has(keyOf(id, command)));
  return {
    started: ids.length,
    answered: answered.size,
    complete: ids.filter(isComplete).length,
    doubled: rows.filter(({ most }) => most > 1).length,
    lost: [...answered].filter((key) => !there.has(key)).length,
  };
}

const add = (a: Loss, b: Loss): Loss => ({
  started: a.started + b.started,
  answered: a.answered + b.answered,
  complete: a.complete + b.complete,
  doubled: a.doubled + b.doubled,
  lost: a.lost + b.lost,
  drainedSeconds:
    a.drainedSeconds === null || b.drainedSeconds === null
      ? null
      : Math.max(a.drainedSeconds, b.drainedSeconds),
});

/**
 * Milliseconds a second that PostgreSQL is busy when nobody asks for anything: with what Temporal and Sunset
 * look for by themselves. It is no cost of an engine that runs on neither.
 */
async function backgroundOf({ pids: { postgres } }: Place, seconds: number): Promise<number> {
  const before = cpuOf({ postgres });
  await sleep(seconds * 1000);
  return (cpuOf({ postgres }).postgres - before.postgres) / seconds;
}

export async function m8(place: Place, size: Size): Promise<Figure[]> {
  const contestants = await startContestants(place);
  const background = await backgroundOf(place, size.seconds);
  const stuck: Stuck = new Map();
  const arms = contestants.map((contestant) => armOf(contestant, stuck));
  const rounds = await compare(arms, { ...size, concurrency: CONCURRENCY }, cpuOf);
  const figures: Figure[] = [];
  for (const { name, groups } of contestants) {
    const rate = medianOf(rounds, name, (one) => one.rate);
    const isOnTemporal = groups.server === place.pids.temporal;
    const costOf = (side: Side, { cpu: all, rate: ofRound }: Measured): number =>
      side === 'postgres' && !isOnTemporal ? Math.max(0, all[side]! - background / ofRound) : all[side]!;
    const cpu = Object.fromEntries(
      SIDES.map((side) => [side, medianOf(rounds, name, (one) => costOf(side, one))]),
    );
    const stopped = stuck.get(name) ?? 0;
    const halted = stopped ? [`${stopped} lives stopped`] : [];
    const { ours, theirs, ...ratio } = ratioOf(rounds, SUNSET, name, (one) => one.rate);
    const shown = SIDES.filter((side) => cpu[side]! >= 0.5).map((side) => `${side} ${cpu[side]!.toFixed(1)}`);
    figures.push({
      metric: 'M8',
      what: name === SUNSET ? 'lives/s, Sunset by HTTP' : `lives/s, Sunset by HTTP ÷ ${name}`,
      ratio,
      goal: undefined,
      ours: `${ours.toFixed(1)}/s`,
      theirs: [`${theirs.toFixed(1)}/s`, `CPU-ms: ${shown.join(', ')}`, ...halted].join('; '),
      data: { kind: 'peer', arms: [{ name, rate, cpu }], stopped },
    });
  }
  for (const contestant of contestants) {
    if (!contestant.killing) continue;
    let loss: Loss | undefined;
    for (let kill = 0; kill < size.kills; kill += 1) {
      const one = await killInTheMiddle(contestant, contestant.killing, size.kills > 1 ? 5 : 3);
      loss = loss ? add(loss, one) : one;
    }
    const { started, answered, complete, doubled, lost, drainedSeconds } = loss!;
    const share = complete / started;
    const drained = drainedSeconds === null ? 'never' : `in ${drainedSeconds.toFixed(1)} s`;
    figures.push({
      metric: 'M8',
      what: `kill -9 of ${contestant.name}, ${size.kills}×: lives complete ÷ started`,
      ratio: only(share),
      goal: undefined,
      ours: `${complete} of ${started} lives; drained ${drained}`,
      theirs: `${answered} commands answered, ${lost} steps lost, ${doubled} doubled`,
      data: { kind: 'loss', name: contestant.name, kills: size.kills, loss: loss! },
    });
  }
  return figures;
}
