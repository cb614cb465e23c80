/**
 * Random lives through the real API: every product and billing, every call, months passing, mistakes among
 * them; then the audit finds nothing. `SUNSET_SEED` repeats a run's choices (lives run beside one another, so
 * that their races are its own).
 */
import { audit } from '../../store/audit';
import { againstOracle } from '../support/against-oracle';
import { expectStatus, instanceOf, newId } from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { Random } from '../support/random';
import { DEEDS, type Deed, nextDeed, type Walk } from '../support/random-lives';
import { randomRegistration } from '../support/random-registrations';
import { SCALE } from '../support/scale';
import { everythingDecided, useService } from '../support/service';

const LIVES = 300 * SCALE;
/** Several lives an account, so that rights run out and batches have something to choose. */
const ACCOUNTS = LIVES / 4;
const DEEDS_OF_A_LIFE = 9;
const SEED = Number(process.env.SUNSET_SEED ?? Date.now() % 1_000_000);

let reviewer: string;
const { service, http } = useService();
beforeAll(async () => {
  const asked = { account: null, name: 'reviewer', permissions: ['refund:approve', 'read'] };
  reviewer = expectStatus(await http.post('/v1/keys', asked), 201).body.key;
});

const told = {
  asked: new Map<string, number>(),
  done: new Map<string, number>(),
  refused: new Map<string, number>(),
};
const tell = (map: Map<string, number>, what: string): void => void map.set(what, (map.get(what) ?? 0) + 1);
const total = (map: Map<string, number>): number => [...map.values()].reduce((sum, count) => sum + count, 0);

async function act(walk: Walk, deed: Deed): Promise<void> {
  walk.log.push(`— ${deed.name}`);
  const reply = await deed.act(walk);
  if (!reply) return;
  tell(told.asked, deed.name);
  if (reply.status < 300) tell(told.done, deed.name);
  else tell(told.refused, reply.body.code!);
  if (deed.refusedWith && !deed.refusedWith.includes(reply.body.code!))
    throw new Error(`it must be refused: ${reply.status} ${reply.text}`);
}

async function live(index: number): Promise<void> {
  const random = new Random(SEED * 100_003 + index);
  const account = `acc-${SEED}-${random.int(1, ACCOUNTS)}`;
  const id = newId('life');
  const log: string[] = [];
  try {
    let wanted: Deed | undefined = DEEDS[index % DEEDS.length]!;
    const body = randomRegistration(random, account, wanted.opening?.given);
    log.push(`PUT ${JSON.stringify(body)}`);
    const now = expectStatus(await http.put(`/v1/instances/${id}`, body), 201).body;
    const walk: Walk = { http, random, id, account, now, reviewer, log, last: undefined };
    await wanted.opening?.act?.(walk);
    for (const _ of range(DEEDS_OF_A_LIFE)) {
      walk.now = await instanceOf(http, id);
      // The dead are asked a little more, not all evening.
      if (walk.now.state === 'terminated' && random.chance(0.6)) return;
      const deed = nextDeed(walk, wanted);
      if (deed === wanted) wanted = undefined;
      await act(walk, deed);
    }
  } catch (error) {
    throw new Error(
      `SUNSET_SEED=${SEED}, life ${index} (${id}): ${(error as Error).message}\n${log.join('\n')}`,
      { cause: error },
    );
  }
}

it(
  `J1, J2, L8: after ${LIVES} random lives the audit finds nothing, and the oracle agrees with every refund`,
  async () => {
    process.stderr.write(`  random lives: SUNSET_SEED=${SEED}\n`);
    await inParallel(range(LIVES), live, 10);
    await everythingDecided(service);
    const { rows, checks } = await audit(service.pool);
    const findings = checks.flatMap((check) => check.findings);
    process.stderr.write(`  random lives: ${summary(rows)}\n`);
    if (findings.length)
      throw new Error(`SUNSET_SEED=${SEED}: ${JSON.stringify(findings.slice(0, 20), null, 1)}`);
    const { compared, differences } = await againstOracle(service.pool);
    if (differences.length)
      throw new Error(`SUNSET_SEED=${SEED}: ${JSON.stringify(differences.slice(0, 5), null, 1)}`);
    expect(compared).toBeGreaterThan(LIVES / 10);
    expect(rows.instances).toBe(LIVES);
    // Every deed was tried, and every one but the nonsense was done: else the lives would have shown less
    // than they say.
    expect(DEEDS.filter(({ name }) => !told.asked.has(name)).map(({ name }) => name)).toEqual([]);
    expect(
      DEEDS.filter(({ name, refusedWith }) => !refusedWith && !told.done.has(name)).map(({ name }) => name),
    ).toEqual([]);
    expect(total(told.refused)).toBeGreaterThan(LIVES);
  },
  600_000 * SCALE,
);

function summary({
  instances,
  steps,
  refunds,
}: {
  instances: number;
  steps: number;
  refunds: number;
}): string {
  const codes = [...told.refused].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  const done = [...told.done].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`);
  return [
    `${instances} lives, ${steps} steps, ${refunds} refunds, ${total(told.asked)} commands, ${total(told.refused)} refused`,
    `  done: ${done.join(', ')}`,
    `  refused: ${codes.join(', ')}`,
  ].join('\n');
}
