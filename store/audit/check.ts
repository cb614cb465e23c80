import type { Transaction } from '../db';

/** One row that is not as it must be. */
export interface Finding {
  /** The name of the check. */
  check: string;
  /** Of the row: `web-1/3` is step 3 of web-1, `web-1/o1` its order o1. */
  id: string;
  detail: string;
}

export interface Check {
  name: string;
  /** What is true of sound books. */
  title: string;
  run(db: Transaction): Promise<Finding[]>;
}

/**
 * A check that one query makes: it selects `id` and `detail` of what is wrong, so that no rows mean that all
 * is well.
 */
export function sqlCheck(name: string, title: string, sql: string, values: unknown[] = []): Check {
  return {
    name,
    title,
    run: async (db) => {
      const { rows } = await db.query<Omit<Finding, 'check'>>(
        `SELECT id, detail FROM (${sql}) AS findings ORDER BY id, detail`,
        values,
      );
      return rows.map(({ id, detail }) => ({ check: name, id, detail }));
    },
  };
}
