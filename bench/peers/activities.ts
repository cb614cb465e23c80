import type { Pool } from 'pg';
import { type Recorded, recordIn } from './tables';

let pool: Pool;
let schema: string;
export const useDatabase = (one: Pool, itsSchema: string): void => {
  pool = one;
  schema = itsSchema;
};

export const record = (row: Recorded): Promise<void> => recordIn(pool, schema, row);
