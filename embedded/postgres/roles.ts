import { Client } from 'pg';
import { LOOPBACK } from '../process/ports';
import { type ClusterState, SUPERUSER } from './cluster';

const DATABASE = 'sunset';
/** Owns the database: makes schemas, runs migrations, and may make databases beside it, which tests do. */
export const ADMIN_ROLE = 'sunset_admin';
/** What the service connects as: it owns nothing, and may do what migrations grant it. */
export const SERVICE_ROLE = 'sunset';

/**
 * Runs `work` as superuser in the maintenance database. Fails when the server is not up, or not ours (another
 * password).
 */
export async function asSuperuser<T>(
  port: number,
  state: ClusterState,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    host: LOOPBACK,
    port,
    user: SUPERUSER,
    password: state.superuserPassword,
    database: 'postgres',
    ssl: false,
    // While a bundle is made in this process nothing is read for seconds.
    connectionTimeoutMillis: 30_000,
  });
  // A server that is stopped under the connection must not end this process by an unhandled event.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Makes the roles and the database, or what a start that was killed left out of them. */
export async function ensureRoles(port: number, state: ClusterState): Promise<void> {
  await asSuperuser(port, state, async (client) => {
    const has = async (sql: string, name: string) => (await client.query(sql, [name])).rowCount === 1;
    const ensureRole = async (role: string, options: string, password: string) => {
      if (await has('SELECT FROM pg_roles WHERE rolname = $1', role)) return;
      await client.query(`CREATE ROLE ${role} LOGIN ${options} PASSWORD ${client.escapeLiteral(password)}`);
    };
    await ensureRole(ADMIN_ROLE, 'CREATEDB', state.adminPassword);
    await ensureRole(SERVICE_ROLE, '', state.servicePassword);
    if (!(await has('SELECT FROM pg_database WHERE datname = $1', DATABASE))) {
      await client.query(`CREATE DATABASE ${DATABASE} OWNER ${ADMIN_ROLE}`);
    }
    await client.query(`REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${DATABASE} TO ${SERVICE_ROLE}`);
  });
}

/** The URL of the database for one of the two roles. */
export function databaseUrl(port: number, role: string, password: string): string {
  return `postgres://${role}:${password}@${LOOPBACK}:${port}/${DATABASE}`;
}
