/** Registrations out of what is at EC2; loaded by `sunset import ec2` alone, with all that it needs. */
import type { z } from 'zod';
import { parse } from '../../../contract/issues';
import { pricesSchema } from '../../../contract/registration';
import type { Text } from '../../../domain/text';
import { openControlPlanes, type Rule, readControlPlanes } from '../../../drivers/control-planes';
import { openEc2 } from '../../../drivers/ec2/api';
import { type Found, listMachines } from '../../../drivers/ec2/list';
import { ISOLATED, stateOf, tagOf } from '../../../drivers/ec2/machine';
import { POLICIES } from '../../../policies';
import { readDocuments } from '../input';
import { Usage } from '../session';

export interface ImportOptions {
  /** The name of a rule in SUNSET_CONTROL_PLANES. */
  controlPlane: string;
  product?: string;
  /** Of those that have no tag that says so. */
  account?: string;
  accountTag: string;
  /** File of prices by type. */
  prices?: string;
}

/** As `PUT /v1/instances/{id}` takes it. */
export interface Facts {
  account: string;
  product: string;
  billing: 'postpaid';
  name?: string;
  externalId: string;
  region: string;
  zone?: string;
  type?: string;
  startedAt?: string;
  state: 'running' | 'stopped';
  prices?: Prices;
  disks: { id: string; kind: 'system' | 'data'; storage: 'cloud' | 'elastic'; deleteWithInstance: boolean }[];
  addresses: { id: string; kind: 'elastic' }[];
}

type Prices = z.output<typeof pricesSchema>;

/** One machine at EC2, and what it would be here or why it can't be. */
export type Candidate = { id: string } & ({ facts: Facts } | { why: Text });

/** @throws Usage when the rules, the options or the prices can't be used */
export async function candidatesAtEc2(options: ImportOptions, env: NodeJS.ProcessEnv): Promise<Candidate[]> {
  const place = placeOf(options, env);
  const prices = options.prices === undefined ? undefined : await readPrices(options.prices);
  const found = await listMachines(openEc2(place.plane)).catch((error: unknown) => {
    const { name, code } = error as { name?: string; code?: string };
    throw new Usage(
      `EC2 does not say what there is (${code ?? name ?? 'no answer'}): look at credentials, region and IAM permissions`,
    );
  });
  return found.map((one) => ({
    id: String(one.instance.InstanceId),
    ...made(one, { ...options, ...place, prices }),
  }));
}

interface Place {
  plane: { region: string; endpoint?: string | undefined };
  product: string;
  region: string;
}

/** Where it looks, and as what it registers: so that the service gives just this control plane the instances. */
function placeOf({ controlPlane: name, product: given }: ImportOptions, env: NodeJS.ProcessEnv): Place {
  const rules = rulesOf(env);
  const named = rules.filter(({ plane }) => plane?.name === name);
  if (named.length === 0) {
    const names = [...new Set(rules.flatMap(({ plane }) => plane?.name ?? []))].join(', ') || 'none';
    throw new Usage(`SUNSET_CONTROL_PLANES has no control plane ${name}: there is ${names}`);
  }
  const products = [...new Set(named.flatMap(({ match }) => match.product ?? []))];
  const product = given ?? (products.length === 1 ? products[0] : undefined);
  if (product === undefined)
    throw new Usage(`--product is needed: the rules of ${name} say none, or several`);
  const rule = named.find(({ match }) => match.product === undefined || match.product === product);
  const { plane } = rule ?? named[0]!;
  if (plane === null || !('driver' in plane) || plane.driver !== 'ec2')
    throw new Usage(`${name} is no control plane of the driver ec2`);
  const region = rule?.match.region ?? plane.region;
  const getsThem = openControlPlanes(rules).driverFor({ product, region }).name;
  if (getsThem !== name)
    throw new Usage(
      `by the rules ${product} in ${region} is ${getsThem}'s, and not ${name}'s: another --product, or a rule for it`,
    );
  return { plane, product, region };
}

function rulesOf({ SUNSET_CONTROL_PLANES: file }: NodeJS.ProcessEnv): Rule[] {
  if (!file) throw new Usage('SUNSET_CONTROL_PLANES is to be set here as for the service: the file of rules');
  const { rules, problems } = readControlPlanes(
    file,
    POLICIES.map(({ product }) => product),
  );
  if (problems.length)
    throw new Usage(
      `SUNSET_CONTROL_PLANES can't be used:\n${problems.map((one) => `  - ${one}`).join('\n')}`,
    );
  return rules;
}

interface Terms {
  product: string;
  region: string;
  account?: string;
  accountTag: string;
  prices: ReadonlyMap<string, Prices> | undefined;
}

const LEFT: Readonly<Record<string, Text>> = {
  pending: { en: 'it is starting: import again later', zh: '正在启动：请稍后再次导入' },
  stopping: { en: 'it is stopping: import again later', zh: '正在停止：请稍后再次导入' },
  'shutting-down': { en: 'it is being terminated', zh: '正在终止' },
  terminated: { en: 'it is terminated', zh: '已终止' },
};

function made({ instance, addresses }: Found, terms: Terms): { facts: Facts } | { why: Text } {
  const state = stateOf(instance);
  if (state !== 'running' && state !== 'stopped')
    return { why: LEFT[state ?? ''] ?? { en: 'its state is not known', zh: '状态未知' } };
  if (tagOf(instance.Tags, ISOLATED) !== null) {
    const en = `its tag ${ISOLATED} says that it is in a recycle bin, and Sunset does not know it`;
    return { why: { en, zh: `标签 ${ISOLATED} 表明它在回收站中，但 Sunset 中没有它` } };
  }
  const account = tagOf(instance.Tags, terms.accountTag) ?? terms.account;
  if (account === undefined)
    return {
      why: {
        en: `no tag ${terms.accountTag}, and no --account`,
        zh: `没有标签 ${terms.accountTag}，也没有 --account`,
      },
    };
  const type = instance.InstanceType;
  const prices = terms.prices?.get(type ?? '');
  if (terms.prices && !prices)
    return { why: { en: `the file of prices has no ${type}`, zh: `价格文件中没有 ${type}` } };
  const name = tagOf(instance.Tags, 'Name');
  const zone = instance.Placement?.AvailabilityZone;
  const startedAt = firstSeen(instance);
  return {
    facts: {
      account,
      product: terms.product,
      billing: 'postpaid',
      // A tag has up to 256 characters, a name 128.
      ...(name ? { name: [...name].slice(0, 128).join('') } : {}),
      externalId: String(instance.InstanceId),
      region: terms.region,
      ...(zone === undefined ? {} : { zone }),
      ...(type === undefined ? {} : { type }),
      ...(startedAt === undefined ? {} : { startedAt }),
      state,
      ...(prices === undefined ? {} : { prices }),
      disks: disksOf(instance),
      addresses: addresses.map((id) => ({ id, kind: 'elastic' })),
    },
  };
}

/** What doesn't die with the machine is elastic: policies keep that. */
function disksOf({ BlockDeviceMappings, RootDeviceName }: Found['instance']): Facts['disks'] {
  return (BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) => {
    if (Ebs?.VolumeId === undefined) return [];
    const deleteWithInstance = Ebs.DeleteOnTermination === true;
    return {
      id: Ebs.VolumeId,
      kind: DeviceName === RootDeviceName ? ('system' as const) : ('data' as const),
      storage: deleteWithInstance ? ('cloud' as const) : ('elastic' as const),
      deleteWithInstance,
    };
  });
}

/** The launch time is that of the last start; a disk may know an earlier one. */
function firstSeen({ LaunchTime, BlockDeviceMappings }: Found['instance']): string | undefined {
  const times = [LaunchTime, ...(BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.AttachTime)];
  const known = times.flatMap((one) => (one === undefined ? [] : one.getTime()));
  return known.length ? new Date(Math.min(...known)).toISOString() : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `version`, `currency`, and under `types` what each instance type costs, as `prices` of a registration. */
async function readPrices(file: string): Promise<Map<string, Prices>> {
  const [document, ...more] = await readDocuments(file);
  const { version, currency, types, ...others } = isObject(document) ? document : {};
  if (more.length || !isObject(types) || Object.keys(others).length)
    throw new Usage(`${file} must have version, currency and types, and nothing else`);
  const read = Object.entries(types).map(([type, price]) => {
    const given = isObject(price) ? price : { price };
    return { type, result: parse(pricesSchema, { version, currency, ...given }) };
  });
  const problems = read.flatMap(({ type, result }) =>
    result.ok ? [] : result.issues.map(({ pointer, detail }) => `  ${type}${pointer}: ${detail}`),
  );
  if (problems.length) throw new Usage(`${file} can't be used:\n${problems.join('\n')}`);
  return new Map(read.flatMap(({ type, result }) => (result.ok ? [[type, result.value] as const] : [])));
}
