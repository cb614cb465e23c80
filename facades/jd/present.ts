/** Instances as the vendor shows them. What Sunset does not know is left out. */
import { localTime } from '../../domain/calendar';
import { type Disk, lastTerm, openOrders, STATES, type State } from '../../domain/instance';
import { inUtc } from '../../domain/instant';
import type { InstanceRow } from '../../store/lives/instances';

/** As the vendor lists them. */
export const STATUSES = [
  'pending',
  'starting',
  'running',
  'stopping',
  'stopped',
  'rebooting',
  'rebuilding',
  'resizing',
  'deleting',
  'error',
] as const;
export type Status = (typeof STATUSES)[number];

/**
 * An operation in progress may be any: `pending` is the vendor's word for "not ready yet". Its instances have no
 * bin; one of a product that was given one has ended for its clients.
 */
const STATUS_OF: Record<Exclude<State, 'terminated'>, Status> = {
  running: 'running',
  stopped: 'stopped',
  expired: 'stopped',
  changing: 'pending',
  restoring: 'starting',
  isolating: 'deleting',
  isolated: 'deleting',
  terminating: 'deleting',
};

const isShown = (state: State): state is Exclude<State, 'terminated'> => state !== 'terminated';

/** The states that are shown as one of these. */
export const statesOf = (statuses: readonly string[]): State[] =>
  STATES.filter(isShown).filter((state) => statuses.includes(STATUS_OF[state]));

const statusOf = (state: State): Status => (isShown(state) ? STATUS_OF[state] : 'deleting');

export const presentStatus = ({ id, life }: InstanceRow): Record<string, unknown> => ({
  instanceId: id,
  status: statusOf(life.state),
});

/** Without fractions of seconds, as the vendor writes times. */
const iso = (instant: string | undefined): string | undefined =>
  instant === undefined ? undefined : inUtc(instant).replace(/\.\d+Z$/, 'Z');

/** @param inArrears whether its account is */
export function presentInstance(row: InstanceRow, inArrears: boolean): Record<string, unknown> {
  const { facts, life, policy } = row;
  const system = facts.disks.find(({ kind }) => kind === 'system');
  const elastic = facts.addresses.find(({ kind }) => kind === 'elastic');
  return {
    ...presentStatus(row),
    instanceName: facts.name,
    instanceType: facts.type,
    az: facts.zone,
    launchTime: iso(facts.startedAt),
    systemDisk: system && presentDisk(system),
    dataDisks: facts.disks.filter(({ kind }) => kind === 'data').map(presentDisk),
    elasticIpId: elastic?.id,
    charge: presentCharge(row, inArrears),
    autoReleaseTime: life.termination ? localTime(life.termination.at, policy.knobs.timeZone) : undefined,
  };
}

/** 002-07: cloud disks go by their attribute, and stay where nothing is said. */
const presentDisk = ({ id, storage, deleteWithInstance }: Disk): Record<string, unknown> =>
  storage === 'local'
    ? { diskCategory: 'local', autoDelete: true }
    : { diskCategory: 'cloud', autoDelete: deleteWithInstance === true, cloudDisk: { diskId: id } };

function presentCharge(
  { facts, life, orders }: InstanceRow,
  inArrears: boolean,
): Record<string, string | undefined> {
  const [first] = orders;
  const standing = inArrears ? 'arrear' : 'normal';
  const chargeStatus = life.state === 'expired' ? 'overdue' : standing;
  if (facts.billing === 'postpaid')
    return { chargeMode: 'postpaid_by_duration', chargeStatus, chargeStartTime: iso(facts.startedAt) };
  return {
    chargeMode: 'prepaid_by_duration',
    chargeStatus,
    chargeStartTime: iso(first?.startsAt),
    // From the orders: an expired one still says when it expired.
    chargeExpiredTime: iso(lastTerm(openOrders(orders))?.endsAt),
  };
}
