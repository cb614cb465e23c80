/**
 * PostgreSQL: the operator's own by DATABASE_URL, else the one that `npm start` keeps in its data folder,
 * else what the service says.
 */
import { Client } from 'pg';
import { rememberedPostgres } from '../../../embedded/postgres';
import { clockDiagnosis, type Diagnosis, fail, ok, type ServiceState, warn } from './finding';

const OLDEST = 15;

export async function checkDatabase(
  { parts }: ServiceState,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Diagnosis[]> {
  const said = parts?.postgres;
  const url = env.DATABASE_URL || embeddedUrl(folder);
  if (url === undefined) {
    if (said === 'ok') return [ok('database', 'the service says that it answers', '服务报告数据库正常')];
    return said === 'failed' ? [away('the service', 'npm start')] : [];
  }
  const isOwn = Boolean(env.DATABASE_URL);
  // Without the service the embedded database is meant to be down.
  if (!isOwn && parts === undefined)
    return [warn('database', 'comes up with npm start', '随 npm start 启动', null)];
  try {
    return await look(url);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reason = message || code || 'no reason given';
    return [
      away(
        isOwn ? `DATABASE_URL (${reason})` : `the data folder (${reason})`,
        isOwn ? 'psql "$DATABASE_URL" -c "SELECT 1"' : 'npm start',
      ),
    ];
  }
}

const away = (whose: string, fix: string): Diagnosis =>
  fail('database', `PostgreSQL does not answer: ${whose}`, `PostgreSQL 无响应：${whose}`, fix);

function embeddedUrl(folder: string): string | undefined {
  try {
    return rememberedPostgres(folder)?.url;
  } catch {
    return undefined;
  }
}

async function look(url: string): Promise<Diagnosis[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const asked = Date.now();
    const { rows } = await client.query<{ version: string; now: Date }>(
      "SELECT current_setting('server_version') AS version, clock_timestamp() AS now",
    );
    const { version, now } = rows[0]!;
    const skew = clockDiagnosis('database clock', (asked + Date.now()) / 2 - now.getTime());
    const name = `PostgreSQL ${version}`;
    const isOld = Number.parseInt(version, 10) < OLDEST;
    const found = isOld
      ? fail(
          'database',
          `${name}, and Sunset needs ${OLDEST} or newer`,
          `${name}，需要 ${OLDEST} 及以上`,
          'env -u DATABASE_URL npm start',
        )
      : ok('database', name, name);
    return [found, ...(skew && skew.status !== 'ok' ? [skew] : [])];
  } finally {
    await client.end();
  }
}
