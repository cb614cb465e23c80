import { issue } from '../../contract/issues';
import type { Registration } from '../../domain/instance';
import { hashOf } from '../../store/hash';
import { accountsOf, findInstance, type InstanceRow } from '../../store/lives/instances';
import { excerptOf } from '../../store/policies';
import { abandon } from '../../temporal/lives';
import { CommandRefused, NotRunning, Unavailable } from '../../temporal/meaning';
import { registerInstance } from '../../temporal/send';
import type { Asking } from '../asking';
import type { Caller } from '../caller';
import { type ApiDeps, policyOf } from '../deps';
import { Problem } from '../problem';
import { optionsOf, type Unfinished, unanswered } from './command';
import { existingInstance, requireAccount } from './existing';

/** `isNew`: this command registered it; else another one did, with the same facts. */
export type Registered = { is: 'done'; row: InstanceRow; isNew: boolean } | Unfinished;

/**
 * Registers an instance. @throws Problem 409 when it is registered with other facts, also to another account,
 * or has ended (L18)
 */
export async function register(
  deps: ApiDeps,
  asking: Asking,
  id: string,
  registration: Registration,
): Promise<Registered> {
  const { caller, commandId } = asking;
  requireAccount(caller, registration.account, [issue(['account'], 'NOT_FOUND')]);
  const known = await findInstance(deps.pool, id, caller.account);
  if (known) return registered(known, registration, commandId);
  if (await isAnothers(deps, caller, id)) throw new Problem('ALREADY_REGISTERED');
  let row: InstanceRow | undefined;
  try {
    row = await startWorkflow(deps, asking, id, registration);
  } catch (error) {
    if (error instanceof Unavailable) return await unanswered(deps, id, error);
    // Another request registered it, and its workflow has ended since or refuses a second one: the read model
    // answers for it.
    const answers = error instanceof NotRunning || error instanceof CommandRefused;
    row = answers ? await findInstance(deps.pool, id) : undefined;
    if (!row) throw error;
  }
  // Another account was faster.
  if (!caller.sees(row.facts.account)) throw new Problem('ALREADY_REGISTERED');
  return registered(row, registration, commandId);
}

/**
 * Ids are everybody's, so one that another account has can't be had; whose it is and how it is doing is not told,
 * nor read. One of the caller's own has been registered since the first look: it goes the same way as the first one.
 */
async function isAnothers({ pool }: ApiDeps, caller: Caller, id: string): Promise<boolean> {
  // Who sees all has seen none.
  if (caller.account === null) return false;
  const [owner] = await accountsOf(pool, [id]);
  return owner !== undefined && !caller.sees(owner);
}

/** The name of the control plane that acts on it, which it keeps; undefined: books only. */
function driverOf({ controlPlanes }: ApiDeps, registration: Registration): string | undefined {
  const driver = controlPlanes?.driverFor(registration);
  return driver?.capabilities.acts ? driver.name : undefined;
}

async function startWorkflow(
  deps: ApiDeps,
  { caller, commandId }: Asking,
  id: string,
  registration: Registration,
): Promise<InstanceRow> {
  // The product is known: the schema has seen to it.
  const policy = await excerptOf(deps.pool, policyOf(deps)(registration.product)!);
  const driver = driverOf(deps, registration);
  const envelope = { id: commandId, by: caller.name };
  const birth = {
    instanceId: id,
    registration,
    policy,
    envelope,
    ...(driver === undefined ? {} : { driver }),
  };
  const signed = { ...birth, signature: deps.signatures.signBirth(birth) };
  await registerInstance(deps.temporal, signed, optionsOf(deps));
  // A workflow under its id that runs without a row is none of ours: ours writes the row before it answers.
  const row = await findInstance(deps.pool, id);
  if (row) return row;
  await abandon(deps.temporal, id, 'no registration of it is stored', optionsOf(deps));
  await registerInstance(deps.temporal, signed, optionsOf(deps));
  return await existingInstance(deps, caller, id);
}

function registered(row: InstanceRow, registration: Registration, commandId: string): Registered {
  const { state } = row.life;
  const isNew = row.registeredBy === commandId;
  if (state === 'terminated' && !isNew) throw new Problem('TERMINATED_ID', { state });
  if (row.registrationHash !== hashOf(registration)) throw new Problem('ALREADY_REGISTERED', { state });
  return { is: 'done', row, isNew };
}
