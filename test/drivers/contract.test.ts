/** The contract suite over the drivers of the house; and that it finds drivers that are wrong. */
import { randomUUID } from 'node:crypto';
import { type Check, checksFor, type Machine, type Subject } from '../../drivers/contract';
import { HttpDriver } from '../../drivers/http';
import { inventoryDriver } from '../../drivers/inventory';
import type { Applied, Driver, Observed } from '../../drivers/port';
import { secretOf } from '../../drivers/signature';
import { Liar } from '../support/liar';

const liar = new Liar();
beforeAll(async () => void (await liar.start()));
afterEach(() => liar.repent());
afterAll(async () => await liar.stop());

const machine = async (): Promise<Machine> => {
  const instanceId = `ins-${randomUUID()}`;
  const [system, elastic] = [`${instanceId}-system`, `${instanceId}-elastic`];
  liar.make(instanceId, [system, elastic]);
  return {
    ref: { instanceId, externalId: null, product: 'tencent-cvm', region: 'ap-guangzhou' },
    plan: {
      terminate: [
        { kind: 'instance', id: instanceId },
        { kind: 'disk', id: system },
      ],
      retain: [{ kind: 'disk', id: elastic, reason: { en: 'It is elastic.', zh: '弹性云硬盘。' } }],
    },
  };
};

const overLiar = (): Subject => ({
  driver: new HttpDriver({
    name: 'liar',
    url: liar.url,
    secrets: [secretOf(liar.secret)!],
    timeoutSeconds: 2,
    breaker: { opensAfter: 3, openMs: 100, longestOpenMs: 200 },
  }),
  makeMachine: machine,
  partsOf: async ({ ref }) => [...liar.machines.get(ref.instanceId)!.parts],
  cutOff: async () => {
    await liar.stop();
    return async () => void (await liar.start());
  },
  answerMs: 10_000,
  reachMs: 10_000,
});

// The address is known later; what it can do is known now.
const ALL = (() => {
  const { driver, ...rest } = overLiar();
  return checksFor({ ...rest, driver: { ...driver, name: 'liar' } as Driver });
})();
const named = (checks: Check[]): [string, Check][] => checks.map((check) => [check.name, check]);

describe('http, with a control plane that tells the truth', () => {
  it.each(named(ALL))('%s', async (_, check) => await check.run(overLiar()));

  it('with one that takes its time', async () => {
    liar.tell({ how: 'slow', asks: 2 }, { call: 'apply', times: Number.POSITIVE_INFINITY });
    for (const check of ALL) await check.run(overLiar());
    expect(liar.asked.filter(({ lie }) => lie === 'slow').length).toBeGreaterThan(30);
  });

  it('has asked nothing that was not signed, nor one step under two ids', () => {
    expect(liar.strangers).toBe(0);
    const ids = new Map<string, Set<string>>();
    for (const { stepKey, webhookId } of liar.asked)
      if (stepKey !== null) ids.set(stepKey, (ids.get(stepKey) ?? new Set()).add(webhookId));
    expect(Math.max(...[...ids.values()].map(({ size }) => size))).toBe(1);
    expect(new Set([...ids.values()].map(([id]) => id)).size).toBe(ids.size);
  });
});

describe('inventory', () => {
  const observed: Observed = {
    exists: true,
    power: 'running',
    isolated: false,
    observedAt: '2026-11-01T00:00:00Z',
  };
  const subject: Subject = { driver: inventoryDriver(async () => observed), makeMachine: machine };

  it.each(named(checksFor(subject)))('%s', async (_, check) => await check.run(subject));

  it('says what the books say, and when they say nothing', async () => {
    const { ref } = await machine();
    expect(await subject.driver.observe(ref)).toEqual(observed);
    expect(await inventoryDriver().observe(ref)).toEqual({ unknown: 'inventory has no machines to look at' });
    const broken = inventoryDriver(() => Promise.reject(new Error('the password is wrong')));
    expect(await broken.observe(ref)).toEqual({ unknown: 'the books could not be read' });
  });
});

/** Drivers with one fault each, made of the one that is right. */
const faults: Record<string, { fault: (right: Driver) => Partial<Driver>; found: RegExp }> = {
  'says done and does nothing': {
    fault: () => ({ apply: async () => ({ state: 'done' }) }),
    found: /observe says/,
  },
  'stops where it should isolate': {
    fault: (right) => ({
      apply: (ref, goal, wanted) => right.apply(ref, goal === 'isolated' ? 'stopped' : goal, wanted),
    }),
    found: /isolated/,
  },
  'throws what its cloud says': {
    fault: () => ({ observe: () => Promise.reject(new Error('NoSuchInstance')) }),
    found: /has thrown/,
  },
  'takes no answer for gone': {
    fault: (right) => ({
      observe: async (ref) => {
        const seen = await right.observe(ref);
        const observedAt = new Date().toISOString();
        return 'unknown' in seen ? { exists: false, power: 'stopped', isolated: false, observedAt } : seen;
      },
    }),
    found: /control plane that is away/,
  },
  'destroys everything': {
    fault: (right) => ({
      apply: (ref, goal, { plan, ...wanted }) => {
        const all = plan && { terminate: [...plan.terminate, ...plan.retain], retain: [] };
        return right.apply(ref, goal, { ...wanted, plan: all });
      },
    }),
    found: /keeps what is to be kept/,
  },
  'finds the release of what is gone a failure': {
    fault: (right) => ({
      apply: async (ref, goal, wanted): Promise<Applied> => {
        const seen = await right.observe(ref);
        return 'exists' in seen && !seen.exists
          ? { state: 'refused', code: 'NOT_FOUND', message: '', retryable: false }
          : await right.apply(ref, goal, wanted);
      },
    }),
    found: /releasing what is gone is done/,
  },
  'blocks until it is done': {
    fault: () => ({ observe: () => new Promise(() => {}) }),
    found: /has not answered within/,
  },
};

describe('a driver that is wrong is found', () => {
  it.each(Object.entries(faults))('one that %s', async (_, { fault, found }) => {
    const right = overLiar();
    const { name, capabilities } = right.driver;
    const driver: Driver = {
      name,
      capabilities,
      observe: (ref) => right.driver.observe(ref),
      apply: (ref, goal, wanted) => right.driver.apply(ref, goal, wanted),
      ...fault(right.driver),
    };
    const subject = { ...right, driver, answerMs: 500, reachMs: 500 };
    const failed: string[] = [];
    for (const { name: check, run } of checksFor(subject))
      await run(subject).catch((error: Error) => failed.push(`${check}: ${error.message}`));
    expect(failed.join('\n')).toMatch(found);
  });
});
