/** Asks each control plane for one of its living instances: what it says, and how long it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlanesAnswer } from '../../contract/control-planes';
import { type ControlPlanes, openControlPlanes } from '../../drivers/control-planes';
import { type Observation, type Ref, refOf } from '../../drivers/port';
import type { Pool } from '../../store/db';
import { listInstances } from '../../store/lives/lists';
import type { ApiDeps } from '../deps';

type Looked = ControlPlanesAnswer['items'][number]['looked'];

/** Who asks waits for less than a control plane may take. */
const WITHIN_MS = 3000;
const NONE = openControlPlanes([]);

export async function lookAtControlPlanes({
  pool,
  controlPlanes: planes = NONE,
}: Pick<ApiDeps, 'pool' | 'controlPlanes'>): Promise<ControlPlanesAnswer> {
  const looks = await Promise.all(planes.statuses().map(({ name }) => look(pool, planes, name)));
  // After the looks, which count too.
  return { items: planes.statuses().map((status, index) => ({ ...status, looked: looks[index]! })) };
}

async function look(pool: Pool, planes: ControlPlanes, name: string): Promise<Looked> {
  const ref = await oneOf(pool, planes, name);
  if (!ref) return null;
  const begun = performance.now();
  const stop = new AbortController();
  const late = sleep(WITHIN_MS, undefined, { signal: stop.signal }).then(
    (): Observation => ({ unknown: `no answer within ${WITHIN_MS / 1000} s` }),
    (): Observation => ({ unknown: 'answered' }),
  );
  const seen = await Promise.race([planes.driverNamed(name).observe(ref), late]);
  stop.abort();
  const ms = Math.round(performance.now() - begun);
  const { instanceId } = ref;
  if ('unknown' in seen)
    return { instanceId, ms, exists: null, power: null, isolated: null, unknown: seen.unknown };
  const { exists, power, isolated } = seen;
  return { instanceId, ms, exists, power, isolated, unknown: null };
}

/** The first living one that its rules give it. */
async function oneOf(pool: Pool, planes: ControlPlanes, name: string): Promise<Ref | undefined> {
  for (const { product, region } of planes.matchesOf(name)) {
    const { items } = await listInstances(
      pool,
      { tenant: undefined, product, region },
      { by: 'registered', latestFirst: true },
      { limit: 20 },
    );
    const found = items.find(({ facts }) => planes.driverFor(facts).name === name);
    if (!found) continue;
    return refOf(found.id, found.facts);
  }
  return undefined;
}
