/**
 * What is to be done next, by how a machine stands and by nothing else: whoever begins in the middle, after a
 * crash or beside another, goes on from there. One move, then another look.
 */
import type { Plan } from '../../domain/plan';
import type { Applied, Goal } from '../port';
import type { Asking, Ec2Machine, Part } from './machine';
import { ISOLATED, KEPT_OF, WAS_PROTECTED } from './machine';

export interface Move {
  /** The same name: the same move. */
  name: string;
  make(asking: Asking): Promise<unknown>;
}

const IN_SECONDS = 5;
/** Somebody has to do something first. */
const LATER_SECONDS = 300;

const DONE: Applied = { state: 'done' };
const PENDING: Applied = { state: 'pending', pollAfter: IN_SECONDS };
const refused = (code: string, message: string, retryable: boolean): Applied => ({
  state: 'refused',
  code,
  message,
  retryable,
  ...(retryable ? { retryAfter: LATER_SECONDS } : {}),
});

const options = ({ signal }: Asking) => ({ abortSignal: signal });
const ids = ({ id }: Ec2Machine) => ({ InstanceIds: [id] });

const tagged = (resource: string, Key: string, Value: string): Move => ({
  name: `tag ${resource} ${Key}`,
  make: (asking) => asking.ec2.createTags({ Resources: [resource], Tags: [{ Key, Value }] }, options(asking)),
});

const untagged = ({ id }: Ec2Machine): Move => ({
  name: 'untag',
  make: (asking) =>
    asking.ec2.deleteTags(
      { Resources: [id], Tags: [{ Key: ISOLATED }, { Key: WAS_PROTECTED }] },
      options(asking),
    ),
});

const protection = ({ id: InstanceId }: Ec2Machine, Value: boolean): Move => ({
  name: Value ? 'protect' : 'unprotect',
  make: (asking) =>
    asking.ec2.modifyInstanceAttribute({ InstanceId, DisableApiTermination: { Value } }, options(asking)),
});

const start = (machine: Ec2Machine): Move => ({
  name: 'start',
  make: (asking) => asking.ec2.startInstances(ids(machine), options(asking)),
});

const stop = (machine: Ec2Machine): Move => ({
  name: 'stop',
  make: (asking) => asking.ec2.stopInstances(ids(machine), options(asking)),
});

const terminate = (machine: Ec2Machine): Move => ({
  name: 'terminate',
  make: (asking) => asking.ec2.terminateInstances(ids(machine), options(asking)),
});

/** @param machine null: it is gone */
export function nextMove(goal: Exclude<Goal, 'released'>, machine: Ec2Machine | null): Move | Applied {
  if (machine === null || machine.state === 'terminated')
    return refused('GONE', 'there is no such machine any more', false);
  return goal === 'isolated' ? towardsIsolated(machine) : towardsFree(machine, goal);
}

/**
 * Power first: what can't be stopped stays as it was. Then what there was before Sunset's protection, while it
 * can be seen; the tag that says isolated last, so that it is true wherever this breaks off.
 */
function towardsIsolated(machine: Ec2Machine): Move | Applied {
  const { id, isIsolated, isProtected, wasProtected } = machine;
  const next = towardsPower(machine, 'stopped');
  if (next !== DONE) return next;
  if (isProtected === undefined) return PENDING;
  if (wasProtected === null) return tagged(id, WAS_PROTECTED, String(isProtected));
  if (!isProtected) return protection(machine, true);
  return isIsolated ? DONE : tagged(id, ISOLATED, 'true');
}

/** Power first: when EC2 has no room for it, it is in the bin as before. Both tags go in one call, last. */
function towardsFree(machine: Ec2Machine, power: 'running' | 'stopped'): Move | Applied {
  const next = towardsPower(machine, power);
  if (next !== DONE) return next;
  const { isIsolated, isProtected, wasProtected } = machine;
  if (!isIsolated && wasProtected === null) return DONE;
  if (wasProtected === false && isProtected !== false) return protection(machine, false);
  return untagged(machine);
}

function towardsPower(machine: Ec2Machine, power: 'running' | 'stopped'): Move | Applied {
  if (machine.state === power) return DONE;
  if (machine.state === 'running') return stop(machine);
  if (machine.state === 'stopped') return start(machine);
  return PENDING;
}

/**
 * Of a release. What dies with the machine is told to EC2 before; what is left is seen to when it is gone.
 * @param lookAtParts those that the plan names, after the machine
 */
export async function nextOfRelease(
  plan: Plan | null,
  machine: Ec2Machine | null,
  lookAtParts: (plan: Plan) => Promise<Part[]>,
  name: string,
): Promise<Move | Applied> {
  if (plan === null) return refused('NO_PLAN', 'a release needs the plan of what goes and what stays', false);
  if (machine !== null && machine.state !== 'terminated') return towardsTerminated(machine, plan);
  const gone = machine?.id ?? name;
  for (const part of await lookAtParts(plan)) {
    const next = afterwards(part, gone);
    if (next) return next;
  }
  return DONE;
}

function towardsTerminated(machine: Ec2Machine, plan: Plan): Move | Applied {
  if (machine.state === 'shutting-down') return PENDING;
  const isToGo = (id: string): boolean => plan.terminate.some((one) => one.id === id);
  const wrong = machine.attached.filter(({ id, diesWithIt }) => diesWithIt !== isToGo(id));
  if (wrong.length)
    return {
      name: 'say which volumes die with it',
      make: (asking) =>
        asking.ec2.modifyInstanceAttribute(
          {
            InstanceId: machine.id,
            BlockDeviceMappings: wrong.map(({ id, device }) => ({
              DeviceName: device,
              Ebs: { DeleteOnTermination: isToGo(id) },
            })),
          },
          options(asking),
        ),
    };
  if (machine.isProtected === false) return terminate(machine);
  if (machine.isProtected === undefined) return PENDING;
  if (machine.wasProtected === false) return protection(machine, false);
  return refused('PROTECTED', 'somebody has protected it from termination at EC2: lift that first', true);
}

/** @param gone the machine that it was a part of */
function afterwards(part: Part, gone: string): Move | Applied | undefined {
  const { kind, id, isToGo, heldBy, isOnItsWay, isTagged } = part;
  if (isOnItsWay) return PENDING;
  if (heldBy === gone) return loosened(part, gone);
  if (!isToGo) return isTagged ? undefined : tagged(id, KEPT_OF, gone);
  if (heldBy !== null) return refused('IN_USE', `${kind} ${id} is to go, and ${heldBy} uses it now`, true);
  return {
    name: `delete ${id}`,
    make: (asking) =>
      kind === 'volume'
        ? asking.ec2.deleteVolume({ VolumeId: id }, options(asking))
        : asking.ec2.releaseAddress({ AllocationId: id }, options(asking)),
  };
}

function loosened({ kind, id, association }: Part, gone: string): Move {
  return {
    name: `loosen ${id}`,
    make: (asking) =>
      kind === 'volume'
        ? asking.ec2.detachVolume({ VolumeId: id, InstanceId: gone }, options(asking))
        : asking.ec2.disassociateAddress({ AssociationId: association! }, options(asking)),
  };
}
