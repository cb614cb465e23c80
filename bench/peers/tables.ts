/** What each yardstick records of a step: four inserts in one transaction, the same for all of them. */
import type { Pool, PoolClient } from 'pg';

export interface Recorded {
  id: string;
  step: number;
  to: string;
  body: string;
}

export const TABLES = ['lives', 'steps', 'entries', 'outbox'] as const;

/**
 * The tables, made by the owner of the database. Guarded, a step that is recorded a second time leaves one
 * row; without the guard a second row shows that it was carried out twice.
 */
export const tablesOf = (schema: string, isGuarded: boolean): string[] => [
  `CREATE SCHEMA IF NOT EXISTS ${schema}`,
  ...TABLES.flatMap((table) => [
    `CREATE TABLE IF NOT EXISTS ${schema}.${table} (id text, step int, state text, body text,
      at timestamptz DEFAULT clock_timestamp()${isGuarded ? ', PRIMARY KEY (id, step)' : ''})`,
    ...(isGuarded ? [] : [`CREATE INDEX IF NOT EXISTS ${table}_key ON ${schema}.${table} (id, step)`]),
  ]),
];

const insertInto = (schema: string, table: string): string =>
  `INSERT INTO ${schema}.${table} (id, step, state, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;

/** Sends the four inserts, each prepared by name: as cheap as four inserts get with this driver. */
export const inserts = (db: PoolClient, schema: string, row: Recorded): Promise<unknown>[] =>
  TABLES.map((table) =>
    db.query({
      name: `bench-${table}`,
      text: insertInto(schema, table),
      values: [row.id, row.step, row.to, row.body],
    }),
  );

/** One transaction on a pool in pipeline mode: everything but the COMMIT is one round trip. */
export async function recordIn(pool: Pool, schema: string, row: Recorded): Promise<void> {
  const db = await pool.connect();
  let failed: Error | undefined;
  try {
    await Promise.all([db.query('BEGIN'), ...inserts(db, schema, row)]);
    await db.query('COMMIT');
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    db.release(failed); // a connection whose transaction failed is not used again
  }
}
