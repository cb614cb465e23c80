/** Every setting, by environment, validated at the start: all problems at once, each with what to do (DESIGN.md, "Settings"). */
import { resolve } from 'node:path';
import { z } from 'zod';

const postgresUrl = z
  .string()
  .refine((url) => /^postgres(ql)?:\/\/[^/]+/.test(url), 'must look like postgres://user:password@host:5432/database');

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number, 0–65535 (0: any free one)')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number, 0–65535')
    .default(3000),
  SUNSET_DATA: z.string().min(1).default('.sunset'),
  SUNSET_OPERATOR_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 visible ASCII characters: it opens everything')
    .optional(),
  SUNSET_SANDBOX: z.enum(['true', 'false'], 'must be true or false').optional(),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_ADMIN_URL: postgresUrl.optional(),
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
});

export interface Settings {
  host: string;
  port: number;
  /** Absolute path of the embedded parts' data. */
  dataFolder: string;
  operatorKey: string | undefined;
  /** As asked for; undefined = true exactly when Sunset starts PostgreSQL and Temporal itself. */
  sandbox: boolean;
  databaseUrl: string | undefined;
  databaseAdminUrl: string | undefined;
}

/** Settings that can't be used; the message lists them all. */
export class BadSettings extends Error {}

/** @throws BadSettings */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  // An empty variable is an unset one, as in compose files.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  const problems = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  const own = given.DATABASE_URL === undefined && given.TEMPORAL_ADDRESS === undefined;
  if (given.SUNSET_SANDBOX === 'true' && !own) {
    problems.push(
      'SUNSET_SANDBOX can be true only when Sunset starts PostgreSQL and Temporal itself: unset it, or DATABASE_URL and TEMPORAL_ADDRESS',
    );
  }
  if (given.DATABASE_ADMIN_URL !== undefined && given.DATABASE_URL === undefined) {
    problems.push('DATABASE_ADMIN_URL is of no use without DATABASE_URL: set both, or neither');
  }
  if (problems.length || !parsed.success)
    throw new BadSettings(`These settings can't be used:\n${problems.map((one) => `  - ${one}`).join('\n')}`);
  const { data } = parsed;
  return {
    host: data.HOST,
    port: data.PORT,
    dataFolder: resolve(data.SUNSET_DATA),
    operatorKey: data.SUNSET_OPERATOR_KEY,
    sandbox: data.SUNSET_SANDBOX === undefined ? own : data.SUNSET_SANDBOX === 'true',
    databaseUrl: data.DATABASE_URL,
    databaseAdminUrl: data.DATABASE_ADMIN_URL,
  };
}
