/**
 * Which control plane has which instances: a file of rules (`SUNSET_CONTROL_PLANES`), read and checked when a
 * process starts, all problems at once.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { Ec2Driver, type Ec2Settings } from './ec2';
import { missingPackage } from './ec2/api';
import { DEFAULTS, type Status } from './gate';
import { HttpDriver, type HttpSettings } from './http';
import { type Books, inventoryDriver } from './inventory';
import type { Driver, Ref } from './port';
import { type Secret, secretOf } from './signature';

const MOST_IN_FLIGHT = 1000;
const LONGEST_TIMEOUT_SECONDS = 120;
const OWN_NAMES = ['inventory'];

const text = z.string().min(1).max(128);
const match = z.strictObject({ product: text.optional(), region: text.optional() });
const wholeUpTo = (most: number) => z.number().int().min(1).max(most).optional();
const common = {
  match: match.default({}),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/, 'must be 1–64 letters, digits and . _ : / -')
    .optional(),
  maxInFlight: wholeUpTo(MOST_IN_FLIGHT),
  timeoutSeconds: wholeUpTo(LONGEST_TIMEOUT_SECONDS),
  insecure: z.boolean().optional(),
};
const rule = z.discriminatedUnion('driver', [
  z.strictObject({
    ...common,
    driver: z.literal('http'),
    url: z.string(),
    secretFile: z.string().min(1),
  }),
  z.strictObject({
    ...common,
    driver: z.literal('ec2'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'must be a region as EC2 names it (eu-central-1)')
      .optional(),
    endpoint: z.string().optional(),
  }),
  z.strictObject({ match: match.default({}), driver: z.literal('inventory') }),
]);
type Written = z.output<typeof rule>;
type Match = Written['match'];

/** One rule that was read and can be used. */
export interface Rule {
  match: Match;
  /** null: books only. */
  plane: HttpPlane | Ec2Plane | null;
}

interface Bounds {
  maxInFlight: number;
  timeoutSeconds: number;
}
type HttpPlane = HttpSettings & Bounds & { driver?: 'http' };
type Ec2Plane = Ec2Settings & Bounds & { driver: 'ec2' };

/** What a file says: usable when there are no problems. */
export interface ReadRules {
  rules: Rule[];
  /** Each with its rule's number in the file, from 1. */
  problems: string[];
}

/**
 * @param file its path; paths in it are relative to its folder
 * @param products those that there are; a name that isn't among them is a slip that would cost machines
 */
export function readControlPlanes(file: string, products: readonly string[]): ReadRules {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { rules: [], problems: [`${file} can't be read (${code}): check path and permissions`] };
  }
  const document = parseDocument(source, { uniqueKeys: true });
  // Its first line says what and where; the others show the place.
  const broken = document.errors.map(({ message }) => `${file}: ${message.split('\n')[0]}`);
  if (broken.length) return { rules: [], problems: broken };
  const list = (document.toJS() as unknown) ?? [];
  if (!Array.isArray(list)) return { rules: [], problems: [`${file} must be a list of rules`] };
  return readList(list, dirname(resolve(file)), products);
}

function readList(list: unknown[], folder: string, products: readonly string[]): ReadRules {
  const read = list.map((one) => readRule(one, folder, products));
  const problems = read.flatMap((one, index) =>
    one.problems.map((problem) => `rule ${index + 1}: ${problem}`),
  );
  // What goes over several rules is looked at also beside what is wrong in one.
  const across = [...shadowed(read.map((one) => one.match)), ...contradictions(read.map((one) => one.rule))];
  const rules = read.flatMap((one) => one.rule ?? []);
  return { rules, problems: [...problems, ...across] };
}

interface ReadRule {
  /** undefined: it can't be told what it would match. */
  match: Match | undefined;
  rule: Rule | undefined;
  problems: string[];
}

function readRule(written: unknown, folder: string, products: readonly string[]): ReadRule {
  const parsed = rule.safeParse(written);
  const {
    match: matches,
    driver,
    url,
    endpoint,
    region,
    secretFile,
    insecure,
  } = asFarAsItGoes.safeParse(written).data ?? {};
  const secrets =
    secretFile === undefined ? NO_SECRETS : readSecrets(resolve(folder, secretFile), secretFile);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(problemsOf)),
    ...problemsWithProduct(matches?.product, products),
    ...secrets.problems,
    ...(url === undefined ? [] : problemsWithUrl('url', url, insecure === true)),
    ...(endpoint === undefined ? [] : problemsWithUrl('endpoint', endpoint, insecure === true)),
    ...(driver === 'ec2' ? problemsWithEc2(region ?? matches?.region) : []),
  ];
  const usable = parsed.success && problems.length === 0 ? parsed.data : undefined;
  return {
    match: matches,
    rule: usable && { match: usable.match, plane: planeOf(usable, secrets.secrets) },
    problems,
  };
}

/** What else is to be looked at in a rule that the schema refuses. */
const asFarAsItGoes = z.object({
  match: z
    .object({ product: text.optional(), region: text.optional() })
    .default({})
    .or(z.unknown().transform(() => undefined)),
  driver: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
  endpoint: z.string().optional().catch(undefined),
  region: z.string().optional().catch(undefined),
  secretFile: z.string().min(1).optional().catch(undefined),
  insecure: z.unknown().optional(),
});
const NO_SECRETS: ReadSecrets = { secrets: [], problems: [] };

function problemsWithProduct(product: string | undefined, products: readonly string[]): string[] {
  if (product === undefined || products.includes(product)) return [];
  return [`there is no product "${product}": ${products.join(', ')} are there`];
}

function problemsWithEc2(region: string | undefined): string[] {
  const missing = missingPackage();
  return [
    ...(region === undefined ? ['region is missing: which of EC2’s it is, unless match has one'] : []),
    ...(missing === undefined ? [] : [missing]),
  ];
}

function planeOf(written: Written, secrets: Secret[]): Rule['plane'] {
  if (written.driver === 'inventory') return null;
  const bounds = {
    maxInFlight: written.maxInFlight ?? DEFAULTS.maxInFlight,
    timeoutSeconds: written.timeoutSeconds ?? DEFAULTS.timeoutSeconds,
  };
  if (written.driver === 'ec2') return { driver: 'ec2', ...ec2Of(written), ...bounds };
  const { name, url } = written;
  const base = url.replace(/\/+$/, '');
  return { name: name ?? nameOf(url), url: base, secrets, ...bounds };
}

function ec2Of({
  name,
  match: of,
  region: given,
  endpoint,
}: Extract<Written, { driver: 'ec2' }>): Ec2Settings {
  const region = (given ?? of.region)!;
  const place = endpoint === undefined ? '' : `${nameOf(endpoint)}/`;
  return { name: name ?? `ec2:${place}${region}`, region, endpoint };
}

function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/+$/, '')}`;
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at === '' ? key : `${at}.${key}`} is not a field of a rule`);
  if (issue.code === 'invalid_union') return ['driver must be http, ec2 or inventory'];
  if (at === '') return ['must have match, driver and what the driver needs'];
  return [`${at}: ${issue.message}`];
}

interface ReadSecrets {
  secrets: Secret[];
  problems: string[];
}

/** One a line: while one is replaced the file has two, and what it has first is the newest. */
function readSecrets(file: string, named: string): ReadSecrets {
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { secrets: [], problems: [`secretFile ${named} can't be read (${code})`] };
  }
  const secrets = lines.map(secretOf);
  // What is in it is in no message.
  const isRight = secrets.length > 0 && secrets.length <= 4 && !secrets.includes(undefined);
  const problem = `secretFile ${named} must have 1–4 lines, each whsec_ and the base64 of 24–64 random bytes`;
  return isRight ? { secrets: secrets as Secret[], problems: [] } : { secrets: [], problems: [problem] };
}

function problemsWithUrl(field: string, url: string, insecure: boolean): string[] {
  // It may have a password in it, so it is not repeated.
  if (!URL.canParse(url)) return [`${field} is not a URL`];
  const { protocol, hostname, username, password, search, hash } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:')
    return [`${field} must begin with https:// (or http://)`];
  const isOpen = protocol === 'http:' && !insecure && !isLoopback(hostname);
  return [
    ...(username || password ? [`${field} must have no user and password: requests are signed`] : []),
    ...(search || hash ? [`${field} must have no ? and no #: paths come behind it`] : []),
    ...(isOpen
      ? [`${field} is http, so others on the way can read and change it: use https, or say insecure: true`]
      : []),
  ];
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

const covers = (one: Match, other: Match): boolean =>
  (one.product === undefined || one.product === other.product) &&
  (one.region === undefined || one.region === other.region);

/** The first match wins, so that some can't be reached. */
function shadowed(matches: (Match | undefined)[]): string[] {
  return matches.flatMap((later, index) => {
    const by = matches.findIndex((earlier, at) => at < index && earlier && later && covers(earlier, later));
    return by === -1 ? [] : [`rule ${index + 1} is never reached: rule ${by + 1} has all that it matches`];
  });
}

/** A name is one control plane: what instances keep must mean the same tomorrow. */
function contradictions(rules: (Rule | undefined)[]): string[] {
  const first = new Map<string, { index: number; text: string }>();
  return rules.flatMap((one, index) => {
    if (!one?.plane) return [];
    const { name } = one.plane;
    if (OWN_NAMES.includes(name)) return [`rule ${index + 1}: the name ${name} is Sunset's own`];
    // Secrets too: a buffer is written as its bytes.
    const is = JSON.stringify(one.plane);
    const known = first.get(name);
    if (!known) first.set(name, { index, text: is });
    return known === undefined || known.text === is
      ? []
      : [`rules ${known.index + 1} and ${index + 1} are both called ${name}, and differ: name them`];
  });
}

/** The control planes of this process. */
export interface ControlPlanes {
  /** For a registration: the first rule that matches, else `inventory`. */
  driverFor(of: Pick<Ref, 'product' | 'region'>): Driver;
  /** As an instance keeps it. One that the file no longer has answers `unknown`, and why. */
  driverNamed(name: string): Driver;
  /** With which a control plane signs what it confirms; none: it isn't known. */
  secretsOf(name: string): readonly Secret[];
  /** What it may be given, rule by rule; earlier rules may take some of it. */
  matchesOf(name: string): readonly Match[];
  /** In the order of the file, each once. */
  statuses(): Status[];
}

/**
 * @param rules as {@link readControlPlanes} has read them, without problems
 * @param books how `inventory` looks
 */
export function openControlPlanes(rules: readonly Rule[], books?: Books): ControlPlanes {
  const inventory = inventoryDriver(books);
  const planes = new Map<string, { driver: HttpDriver | Ec2Driver; secrets: readonly Secret[] }>();
  for (const { plane } of rules)
    if (plane && !planes.has(plane.name))
      planes.set(
        plane.name,
        plane.driver === 'ec2'
          ? { driver: new Ec2Driver(plane), secrets: [] }
          : { driver: new HttpDriver(plane), secrets: plane.secrets },
      );
  return {
    driverFor: (of) => {
      const found = rules.find((one) => covers(one.match, of));
      return found?.plane ? planes.get(found.plane.name)!.driver : inventory;
    },
    driverNamed: (name) =>
      name === inventory.name ? inventory : (planes.get(name)?.driver ?? missing(name)),
    secretsOf: (name) => planes.get(name)?.secrets ?? [],
    matchesOf: (name) => rules.filter(({ plane }) => plane?.name === name).map((one) => one.match),
    statuses: () => [...planes.values()].map(({ driver }) => driver.status()),
  };
}

/** Its instances keep its name; nobody knows more of it until the file has it again. */
function missing(name: string): Driver {
  const reason = `SUNSET_CONTROL_PLANES of this process has no control plane ${name}`;
  return {
    name,
    capabilities: { goals: [], acts: true },
    observe: async () => ({ unknown: reason }),
    apply: async () => ({ state: 'unknown', reason }),
  };
}
