/** Control planes for tests: one that has all machines, and a hurry for what waits for it. */
import { type ControlPlanes, openControlPlanes } from '../../drivers/control-planes';
import { inventoryDriver } from '../../drivers/inventory';
import { type Applied, type Driver, GOALS, type Goal, type Observed } from '../../drivers/port';
import { secretOf } from '../../drivers/signature';
import { POLICIES } from '../../policies';
import { sendConfirmed } from '../../temporal/send';
import type { Liar } from './liar';
import { until } from './lives';
import type { ServiceUnderTest } from './service';

/** Where machines never do anything, and nobody says a word. */
export const FAR = 'far-away';
const deaf: Driver = {
  name: 'deaf',
  capabilities: { goals: GOALS, acts: true },
  observe: async () => ({ unknown: 'deaf' }),
  apply: async () => ({ state: 'unknown', reason: 'deaf' }),
};
/** All other regions are in the books only. */
export const farPlanes = (driver = deaf): ControlPlanes => ({
  ...onePlane(driver),
  driverFor: ({ region }) => (region === FAR ? driver : inventoryDriver()),
});

/** A control plane of the test's own. */
export const onePlane = (driver: Driver): ControlPlanes => ({
  driverFor: () => driver,
  driverNamed: () => driver,
  secretsOf: () => [],
  matchesOf: () => [{}],
  statuses: () => [],
});

/** All machines are the liar's, by the driver that production has; it never gives up on a liar. */
export const planesOf = (
  liar: Pick<Liar, 'url' | 'secret'>,
  more: { maxInFlight?: number; timeoutSeconds?: number } = {},
): ControlPlanes =>
  openControlPlanes([
    {
      match: {},
      plane: {
        name: 'liar',
        url: liar.url,
        secrets: [secretOf(liar.secret)!],
        maxInFlight: more.maxInFlight ?? 50,
        timeoutSeconds: more.timeoutSeconds ?? 1,
        breaker: { opensAfter: 1_000_000, openMs: 1, longestOpenMs: 1 },
      },
    },
  ]);

/** Somebody is told at once of what does not come to an end. */
export const IMPATIENT = POLICIES.map((policy) => ({
  ...policy,
  lifecycle: { ...policy.lifecycle, attentionSeconds: 0 },
}));

/** Waits for a condition on an instance, and has it look at its machine as often as it is asked. */
export const hurried = <T>(
  { client }: Pick<ServiceUnderTest, 'client'>,
  id: string,
  condition: () => Promise<T | undefined | false>,
  what: string,
  ms = 30_000,
): Promise<T> =>
  until(
    async () => {
      const met = await condition();
      // What has ended by then has nothing to look at.
      if (!met) await sendConfirmed(client, id).catch(() => {});
      return met;
    },
    what,
    ms,
  );

/** A control plane in this process: machines that do what they are told, once they are let. */
export class Machines implements Driver {
  name = 'machines';
  capabilities = { acts: true, goals: GOALS };
  readonly machines = new Map<string, Observed>();
  readonly asked: string[] = [];
  answer: (goal: Goal) => Applied | undefined = () => undefined;

  async observe({ instanceId }: { instanceId: string }): Promise<Observed> {
    return this.machines.get(instanceId) ?? this.as('running');
  }
  async apply(
    { instanceId }: { instanceId: string },
    goal: Goal,
    { stepKey }: { stepKey: string },
  ): Promise<Applied> {
    this.asked.push(`${goal} ${stepKey}`);
    const said = this.answer(goal);
    if (said) return said;
    this.machines.set(instanceId, this.as(goal));
    return { state: 'done' };
  }
  private as(goal: Goal): Observed {
    return {
      exists: goal !== 'released',
      power: goal === 'running' ? 'running' : 'stopped',
      isolated: goal === 'isolated',
      observedAt: new Date().toISOString(),
    };
  }
}
