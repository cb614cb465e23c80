/** How a machine and what belongs to it stand at EC2, as far as a driver needs to know. */
import { isIP } from 'node:net';
import type { Plan } from '../../domain/plan';
import type { Unknown } from '../gate';
import type { Ref } from '../port';
import type { Address, Ec2Api, Instance, Instances, Tag, Volume } from './api';
import { codeOf } from './errors';

/** The tag that makes a stopped machine an isolated one: the last that is set, and gone when it is free again. */
export const ISOLATED = 'sunset:isolated';
/**
 * `true` or `false`: whether somebody had protected the machine from termination before Sunset did. Such a
 * protection stays when it is restored, and is not lifted to release it.
 */
export const WAS_PROTECTED = 'sunset:was-protected';
/** On volumes and addresses that outlived a machine: which. */
export const KEPT_OF = 'sunset:kept-of';
/** Names a machine as Sunset does, where the registration has no `externalId`. */
const NAMED = 'sunset:id';

const isVolumeId = (text: string): boolean => /^vol-[0-9a-f]{8,17}$/.test(text);
const isAllocationId = (text: string): boolean => /^eipalloc-[0-9a-f]{8,17}$/.test(text);

/** Those of EC2; one that has another name is none that a driver may act on. */
const STATES = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated'] as const;
type State = (typeof STATES)[number];

interface Attached {
  id: string;
  device: string;
  diesWithIt: boolean;
}

export interface Ec2Machine {
  id: string;
  state: State;
  isIsolated: boolean;
  /** By {@link WAS_PROTECTED}; null: it hasn't that tag. */
  wasProtected: boolean | null;
  /** From termination; undefined: it was not asked, or EC2 didn't say. */
  isProtected: boolean | undefined;
  attached: Attached[];
}

/** A volume or an address that a plan names. */
export interface Part {
  kind: 'volume' | 'address';
  id: string;
  /** By the plan. */
  isToGo: boolean;
  /** What it hangs on: a machine's id, or a network interface's; null: nothing. */
  heldBy: string | null;
  /** Of an address: what to break when it is to be free. */
  association: string | undefined;
  /** A volume that is going, or coming loose. */
  isOnItsWay: boolean;
  isTagged: boolean;
}

export const tagOf = (tags: readonly Tag[] | undefined, key: string): string | null =>
  tags?.find(({ Key }) => Key === key)?.Value ?? null;

export const stateOf = ({ State }: Instance): State | undefined => STATES.find((one) => one === State?.Name);

/** @returns undefined when EC2 shows something that can't be a machine */
export function machineOf(instance: Instance, isProtected: boolean | undefined): Ec2Machine | undefined {
  const state = stateOf(instance);
  if (instance.InstanceId === undefined || state === undefined) return undefined;
  const attached = (instance.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }): Attached[] =>
    DeviceName === undefined || Ebs?.VolumeId === undefined
      ? []
      : [{ id: Ebs.VolumeId, device: DeviceName, diesWithIt: Ebs.DeleteOnTermination === true }],
  );
  const was = tagOf(instance.Tags, WAS_PROTECTED);
  return {
    id: instance.InstanceId,
    state,
    isIsolated: tagOf(instance.Tags, ISOLATED) !== null,
    // What nobody of us has written is none of our protections.
    wasProtected: was === null ? null : was !== 'false',
    isProtected,
    attached,
  };
}

/** EC2 as one asking sees it: its calls end with the asking's time. */
export interface Asking {
  ec2: Ec2Api;
  signal: AbortSignal;
}

/**
 * What EC2 calls it. null: its registration doesn't say, so it is looked for by the tag {@link NAMED};
 * unknown: it says something that can't be of EC2, and may be anything but gone.
 */
export function ec2NameOf({
  instanceId,
  externalId,
}: Pick<Ref, 'instanceId' | 'externalId'>): { id: string } | Unknown | null {
  const id = externalId ?? instanceId;
  if (/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) return { id };
  if (externalId === null) return null;
  return { unknown: `externalId ${JSON.stringify(externalId.slice(0, 40))} is no instance of EC2 (i-…)` };
}

const instancesOf = ({ Reservations }: Instances): Instance[] =>
  (Reservations ?? []).flatMap((one) => one.Instances ?? []);

/** @returns null: there is no such machine, and EC2 says so */
export async function findInstance({ ec2, signal }: Asking, id: string): Promise<Instance | null> {
  try {
    const [found] = instancesOf(await ec2.describeInstances({ InstanceIds: [id] }, { abortSignal: signal }));
    // Not found is said in other words: this is no answer.
    if (found?.InstanceId !== id) throw new Strange('it answered without the machine that it was asked for');
    return found;
  } catch (error) {
    if (codeOf(error) === 'InvalidInstanceID.NotFound') return null;
    throw error;
  }
}

/** @returns null: EC2 has none with that tag */
export async function findTagged({ ec2, signal }: Asking, instanceId: string): Promise<Instance | null> {
  const literally = instanceId.replace(/[*?\\]/g, '\\$&');
  // Longer than any tag's value, which EC2 would call an error.
  if (literally.length > 256) return null;
  const answer = await ec2.describeInstances(
    { Filters: [{ Name: `tag:${NAMED}`, Values: [literally] }] },
    { abortSignal: signal },
  );
  // A filter has wildcards: what it found is held against the whole name.
  const same = instancesOf(answer).filter(({ Tags }) => tagOf(Tags, NAMED) === instanceId);
  const living = same.filter((one) => stateOf(one) !== 'terminated');
  if (living.length > 1) {
    const names = living.slice(0, 5).map(({ InstanceId }) => InstanceId);
    throw new Strange(`several machines have its id in their tag ${NAMED}: ${names.join(', ')}`);
  }
  return living[0] ?? same[0] ?? null;
}

/** What EC2 shows is nothing that can be acted on: words for operators. */
export class Strange extends Error {}

/** @returns undefined: EC2 doesn't know, as of a machine that is gone */
export async function isProtected({ ec2, signal }: Asking, id: string): Promise<boolean | undefined> {
  try {
    const said = await ec2.describeInstanceAttribute(
      { InstanceId: id, Attribute: 'disableApiTermination' },
      { abortSignal: signal },
    );
    return said.DisableApiTermination?.Value;
  } catch (error) {
    const code = codeOf(error);
    // Whether it is there, the look at the machine says.
    if (code === 'InvalidInstanceID.NotFound' || code === 'IncorrectInstanceState') return undefined;
    throw error;
  }
}

/** Names in a plan that can't be found at EC2: it would stay there, and cost. */
export const oddNames = ({ terminate, retain }: Plan): string[] =>
  [...terminate, ...retain]
    .filter(({ kind, id }) => !(kind === 'disk' ? isVolumeId(id) : kind === 'instance' || isAddressName(id)))
    .map(({ id }) => id);

/** An address that is no Elastic IP is named by itself, and goes with the machine. */
const isAddressName = (id: string): boolean => isAllocationId(id) || isIP(id) !== 0;

/** Those disks and addresses of a plan that are still there. What isn't of EC2's names has gone with the machine. */
export async function findParts({ ec2, signal }: Asking, plan: Plan): Promise<Part[]> {
  const named = [
    ...plan.terminate.map(({ id }) => ({ id, isToGo: true })),
    ...plan.retain.map(({ id }) => ({ id, isToGo: false })),
  ];
  const isToGo = (id: string): boolean => named.some((one) => one.id === id && one.isToGo);
  const volumeIds = named.map(({ id }) => id).filter(isVolumeId);
  const allocationIds = named.map(({ id }) => id).filter(isAllocationId);
  const abort = { abortSignal: signal };
  // By filter: an id of one that is gone would make an error of the whole answer.
  const filter = (Name: string, Values: string[]) => ({ Filters: [{ Name, Values }] });
  const { Volumes } = volumeIds.length
    ? await ec2.describeVolumes(filter('volume-id', volumeIds), abort)
    : { Volumes: [] };
  const { Addresses } = allocationIds.length
    ? await ec2.describeAddresses(filter('allocation-id', allocationIds), abort)
    : { Addresses: [] };
  return [
    ...(Volumes ?? []).flatMap((one) => volumePart(one, isToGo)),
    ...(Addresses ?? []).flatMap((one) => addressPart(one, isToGo)),
  ];
}

function volumePart(
  { VolumeId: id, State, Attachments, Tags }: Volume,
  isToGo: (id: string) => boolean,
): Part[] {
  if (id === undefined || State === 'deleted') return [];
  const holds = (Attachments ?? []).filter((one) => one.State !== 'detached');
  return [
    {
      kind: 'volume',
      id,
      isToGo: isToGo(id),
      heldBy: holds[0]?.InstanceId ?? null,
      association: undefined,
      isOnItsWay: State === 'deleting' || holds.some((one) => one.State === 'detaching'),
      isTagged: tagOf(Tags, KEPT_OF) !== null,
    },
  ];
}

function addressPart(
  { AllocationId: id, AssociationId, InstanceId, NetworkInterfaceId, Tags }: Address,
  isToGo: (id: string) => boolean,
): Part[] {
  if (id === undefined) return [];
  return [
    {
      kind: 'address',
      id,
      isToGo: isToGo(id),
      heldBy: AssociationId === undefined ? null : (InstanceId ?? NetworkInterfaceId ?? 'something'),
      association: AssociationId,
      isOnItsWay: false,
      isTagged: tagOf(Tags, KEPT_OF) !== null,
    },
  ];
}
