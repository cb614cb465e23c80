/**
 * Every setting, by environment or from a file, validated at the start: all problems at once, each with what
 * to do.
 */
import { readFileSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { MAX_JITTER_SECONDS } from '../../domain/jitter';
import { type Rule, readControlPlanes } from '../../drivers/control-planes';
import { POLICIES } from '../../policies';
import { KEEP, type Keep } from '../../store/retention';

const postgresUrl = z
  .string()
  .refine(
    (url) => /^postgres(ql)?:\/\/[^/]+/.test(url),
    'must look like postgres://user:password@host:5432/database',
  );
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number, 0–65535 (0: any free one)')
  .transform(Number)
  .refine((number) => number <= 65_535, 'must be a port number, 0–65535');

const days = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a whole number of days (0: for ever)')
  .transform(Number);

const jitter = z
  .string()
  .regex(/^\d{1,3}$/, `must be a whole number of seconds, 0–${MAX_JITTER_SECONDS}`)
  .transform(Number)
  .refine(
    (seconds) => seconds <= MAX_JITTER_SECONDS,
    `must be a whole number of seconds, 0–${MAX_JITTER_SECONDS}`,
  );

/** Names for ranges that Express knows. */
const PRIVATE = ['loopback', 'linklocal', 'uniquelocal'];

function isNetwork(text: string): boolean {
  const [address = '', length, ...more] = text.split('/');
  const bits = [0, 0, 0, 0, 32, 0, 128][isIP(address)]!;
  return (
    bits > 0 && !more.length && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
  );
}

const proxies = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .refine(
    (all) => all.every((one) => PRIVATE.includes(one) || isNetwork(one)),
    `must be addresses or networks (10.0.0.0/8), or any of ${PRIVATE.join(', ')}, with commas between them`,
  );

const upTo = (maximum: number, unit: string) =>
  z
    .string()
    .regex(/^\d{1,5}$/, `must be a whole number of ${unit}, 1–${maximum}`)
    .transform(Number)
    .refine((number) => number >= 1 && number <= maximum, `must be a whole number of ${unit}, 1–${maximum}`);

const vendorApis = z.union(
  [z.literal('off').transform(() => false as const), z.literal('on').transform(() => true as const), port],
  'must be on (at the API’s port), off, or a port number of their own',
);

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(3000),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be trace, debug, info, warn, error, fatal or silent',
    )
    .optional(),
  SUNSET_DATA: z.string().min(1).default('.sunset'),
  SUNSET_OPERATOR_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 visible ASCII characters: it opens everything')
    .optional(),
  SUNSET_OPERATOR_KEY_PREVIOUS: z.string().min(1).optional(),
  SUNSET_VENDOR_APIS: vendorApis.optional(),
  SUNSET_SESSION_HOURS: upTo(720, 'hours').default(12),
  SUNSET_SESSION_IDLE_MINUTES: upTo(43_200, 'minutes').default(120),
  SUNSET_TRUSTED_PROXIES: proxies.optional(),
  SUNSET_WEB_UI: z
    .string()
    .regex(/^(off|https?:\/\/\S+)$/, 'must be off, or the address of a Web UI')
    .optional(),
  SUNSET_CONSOLE: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SUNSET_UNSIGNED: z.enum(['allow', 'refuse'], 'must be allow or refuse').default('allow'),
  SUNSET_BIN_JITTER: jitter.default(0),
  SUNSET_CONTROL_PLANES: z.string().min(1).optional(),
  SUNSET_CALL_STACKS: z.enum(['on', 'off'], 'must be on or off').default('off'),
  SUNSET_SANDBOX: z.enum(['true', 'false'], 'must be true or false').optional(),
  SUNSET_KEEP_IDEMPOTENCY_DAYS: days.default(KEEP.idempotencyDays),
  SUNSET_KEEP_QUOTES_DAYS: days.default(KEEP.quotesDays),
  SUNSET_KEEP_REVOKED_DAYS: days.default(KEEP.keysDays),
  SUNSET_STARTED_BY: z.literal('cluster', 'is set by npm run cluster only: unset it').optional(),
  SUNSET_WORKFLOW_BUNDLE: z.string().min(1).optional(),
  WORKER_HEALTH_PORT: port.optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_ADMIN_URL: postgresUrl.optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).optional(),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
});

export type SettingName = keyof typeof schema.shape;
/** The names of all settings. Each can also be given as `<NAME>_FILE`: the path of a file that holds it. */
export const SETTING_NAMES = Object.keys(schema.shape) as SettingName[];

/** What the production processes can't do without: none of them starts servers, and none may make a key of its own:
 * the API signs with it, workers verify. */
export const REQUIRED = {
  api: ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SUNSET_OPERATOR_KEY'],
  worker: ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SUNSET_OPERATOR_KEY'],
  migrate: ['DATABASE_URL', 'TEMPORAL_ADDRESS'],
} as const satisfies Record<string, readonly SettingName[]>;

export interface Settings {
  host: string;
  port: number;
  logLevel: string | undefined;
  /** Absolute path of the embedded parts' data. */
  dataFolder: string;
  operatorKey: string | undefined;
  /** The one before: workers take what it has signed, until nothing of that is on its way any more. */
  previousOperatorKey: string | undefined;
  /** What workers do with messages that did not come through the API. */
  unsigned: 'allow' | 'refuse';
  /** Over how long after the promised instant releases from the bin are spread, in seconds. */
  binJitterSeconds: number;
  /** Which control plane has which instances; none: all are books only. */
  controlPlanes: readonly Rule[];
  /** Whether workers let the Web UI show where a workflow waits in its code, which costs them a fifth. */
  callStacks: boolean;
  /**
   * The vendors' own interfaces: true at the API's port, a number at a port of their own; undefined: as the
   * process does by default.
   */
  vendorApis: boolean | number | undefined;
  /** How long who has signed in stays so at most, and unused; in seconds. */
  sessions: { seconds: number; idleSeconds: number };
  /** Address of Temporal's Web UI, where it is another one's. */
  webUi: string | undefined;
  /** Whether the API serves the console. */
  console: boolean;
  /** Addresses of proxies that are believed who asks, and by which protocol. */
  trustedProxies: readonly string[];
  /** As asked for; undefined = true exactly when Sunset starts PostgreSQL and Temporal itself. */
  sandbox: boolean;
  /**
   * Absolute path of a workflow bundle that was built before; undefined: the one beside the compiled code,
   * else webpack makes one.
   */
  workflowBundle: string | undefined;
  workerHealthPort: number | undefined;
  databaseUrl: string | undefined;
  databaseAdminUrl: string | undefined;
  /** What workers delete, and after how many days. */
  keep: Keep;
  /**
   * The environment with what `…_FILE` names in place: Temporal's own settings are read from it by the SDK.
   */
  env: Record<string, string>;
}

/** Settings that can't be used; the message lists them all. */
export class BadSettings extends Error {}

/**
 * Puts the content of each file that a `<NAME>_FILE` names in place of it: secrets needn't stand in the
 * environment.
 */
function readFiles(env: Record<string, string>, problems: string[]): Record<string, string> {
  const given = { ...env };
  for (const name of SETTING_NAMES) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] !== undefined) {
      problems.push(`${name} and ${name}_FILE are both set: unset one of them`);
      continue;
    }
    try {
      const text = readFileSync(file, 'utf8').trim();
      if (text === '') problems.push(`${name}_FILE names ${file}, which is empty`);
      else given[name] = text;
    } catch (error) {
      problems.push(
        `${name}_FILE names ${file}, which can't be read (${(error as NodeJS.ErrnoException).code}): check path and permissions`,
      );
    }
  }
  return given;
}

/** Whether an address (`host:port` or a URL) lies on this machine and nowhere else. */
function isLoopback(address: string): boolean {
  const text = address.includes('://') ? address : `tcp://${address}`;
  if (!URL.canParse(text)) return false;
  const { hostname: host, searchParams } = new URL(text);
  if (searchParams.has('host') || searchParams.has('hostaddr')) return false; // PostgreSQL would go there instead
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

/** What one setting says about another. */
function contradictions(given: Record<string, string>): string[] {
  const problems: string[] = [];
  const { DATABASE_URL: database, TEMPORAL_ADDRESS: temporal } = given;
  // `npm run cluster` starts both too, but as servers of their own: it says so, and nobody can say it of
  // servers elsewhere.
  const isCluster =
    given.SUNSET_STARTED_BY === 'cluster' &&
    [database, temporal].every((one) => one !== undefined && isLoopback(one));
  if (given.SUNSET_STARTED_BY === 'cluster' && !isCluster)
    problems.push(
      'SUNSET_STARTED_BY is for npm run cluster, whose PostgreSQL and Temporal are on loopback addresses: unset it',
    );
  if (given.SUNSET_SANDBOX === 'true' && !isOwn(given) && !isCluster) {
    problems.push(
      'SUNSET_SANDBOX can be true only when Sunset starts PostgreSQL and Temporal itself: unset it, or DATABASE_URL and TEMPORAL_ADDRESS',
    );
  }
  if (given.DATABASE_ADMIN_URL !== undefined && database === undefined)
    problems.push('DATABASE_ADMIN_URL is of no use without DATABASE_URL: set both, or neither');
  return problems;
}

const controlPlanes = (file: string | undefined) =>
  file === undefined
    ? { rules: [], problems: [] }
    : readControlPlanes(
        file,
        POLICIES.map(({ product }) => product),
      );

const isOwn = (given: Record<string, string>): boolean =>
  given.DATABASE_URL === undefined && given.TEMPORAL_ADDRESS === undefined;

/**
 * @param required settings that this process can't do without
 * @throws BadSettings
 */
export function readSettings(env: NodeJS.ProcessEnv, required: readonly SettingName[] = []): Settings {
  // An empty variable is an unset one, as in compose files.
  const set = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]),
  );
  const problems: string[] = [];
  const given = readFiles(set, problems);
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
  const missing = required.filter((name) => given[name] === undefined && set[`${name}_FILE`] === undefined);
  problems.push(...missing.map((name) => `${name} must be set here (or ${name}_FILE: a file that holds it)`));
  problems.push(...contradictions(given));
  const planes = controlPlanes(given.SUNSET_CONTROL_PLANES);
  problems.push(...planes.problems.map((problem) => `SUNSET_CONTROL_PLANES: ${problem}`));
  if (problems.length || !parsed.success)
    throw new BadSettings(`These settings can't be used:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
    dataFolder: resolve(data.SUNSET_DATA),
    operatorKey: data.SUNSET_OPERATOR_KEY,
    previousOperatorKey: data.SUNSET_OPERATOR_KEY_PREVIOUS,
    unsigned: data.SUNSET_UNSIGNED,
    binJitterSeconds: data.SUNSET_BIN_JITTER,
    controlPlanes: planes.rules,
    callStacks: data.SUNSET_CALL_STACKS === 'on',
    vendorApis: data.SUNSET_VENDOR_APIS,
    sessions: {
      seconds: data.SUNSET_SESSION_HOURS * 3600,
      idleSeconds: data.SUNSET_SESSION_IDLE_MINUTES * 60,
    },
    // `off` is for who starts one.
    webUi: data.SUNSET_WEB_UI?.startsWith('http') ? data.SUNSET_WEB_UI.replace(/\/+$/, '') : undefined,
    console: data.SUNSET_CONSOLE === 'on',
    trustedProxies: data.SUNSET_TRUSTED_PROXIES ?? [],
    sandbox: data.SUNSET_SANDBOX === undefined ? isOwn(given) : data.SUNSET_SANDBOX === 'true',
    workflowBundle:
      data.SUNSET_WORKFLOW_BUNDLE === undefined ? undefined : resolve(data.SUNSET_WORKFLOW_BUNDLE),
    workerHealthPort: data.WORKER_HEALTH_PORT,
    databaseUrl: data.DATABASE_URL,
    databaseAdminUrl: data.DATABASE_ADMIN_URL,
    keep: {
      idempotencyDays: data.SUNSET_KEEP_IDEMPOTENCY_DAYS,
      quotesDays: data.SUNSET_KEEP_QUOTES_DAYS,
      keysDays: data.SUNSET_KEEP_REVOKED_DAYS,
    },
    env: given,
  };
}
