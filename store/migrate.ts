import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

/**
 * Brings the database to the newest schema and gives the service's role what it needs, and no more: entries,
 * transactions and steps can be added but not changed (decision 22). Safe to run from several processes at
 * once: the runner takes a lock.
 * @param adminUrl the owner of the schema; @param serviceUrl the role that the service runs as
 */
export async function migrate(
  adminUrl: string,
  serviceUrl: string,
  log: (message: string) => void = () => {},
): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  // A server that is stopped under the connection fails what is asked, and must not end this process by an unhandled event.
  admin.on('error', () => {});
  await admin.connect();
  try {
    await runner({
      dbClient: admin,
      dir: join(__dirname, 'migrations'),
      direction: 'up',
      migrationsTable: 'migrations',
      log,
    });
    const role = decodeURIComponent(new URL(serviceUrl).username);
    if (role !== decodeURIComponent(new URL(adminUrl).username))
      await admin.query(grants(pg.escapeIdentifier(role)));
  } finally {
    await admin.end().catch(() => {});
  }
}

const APPEND_ONLY = [
  'entries',
  'transactions',
  'steps',
  'account_changes',
  'hold_changes',
  'policies',
  'seals',
  'audits',
  'adjustments',
  'tasks',
];
const GROWING = ['outbox', 'unsealed'];
/** Written by triggers with their owner's rights. */
const READ_ONLY = ['day_sums', 'month_sums', 'instance_words'];
/** Kept for a time only (retention.ts); triggers and foreign keys hold what must stay. */
const TRIMMED = ['idempotency_keys', 'quotes', 'keys', 'told', 'sessions'];
const CHANGING = [
  'accounts',
  'balances',
  'instances',
  'orders',
  'quotes',
  'terminations',
  'termination_items',
  'rights',
  'refunds',
  'refund_requests',
  'idempotency_keys',
  'watch',
  'drift',
  'told',
];

function grants(role: string): string {
  return [
    `GRANT USAGE ON SCHEMA public TO ${role}`,
    `GRANT SELECT ON ${READ_ONLY.join(', ')} TO ${role}`,
    `GRANT SELECT, INSERT ON ${[...APPEND_ONLY, ...GROWING].join(', ')} TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE ON ${CHANGING.join(', ')} TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_by) ON keys TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE (charged_until) ON usage TO ${role}`,
    `GRANT SELECT, INSERT, UPDATE (idle_at) ON sessions TO ${role}`,
    `GRANT UPDATE (position, account) ON outbox TO ${role}`,
    `GRANT USAGE ON SEQUENCE outbox_position TO ${role}`,
    `GRANT DELETE ON ${[...GROWING, ...TRIMMED].join(', ')} TO ${role}`,
  ].join(';\n');
}
