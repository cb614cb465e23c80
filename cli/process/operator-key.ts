import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface OperatorKey {
  key: string;
  /** Where it is kept; null when it came by SUNSET_OPERATOR_KEY. */
  file: string | null;
  /** Made just now: it is printed this once. */
  fresh: boolean;
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'operator.key');

/** The key that an earlier `npm start` made, if one did. */
export function keptOperatorKey(dataFolder: string): string | undefined {
  const file = fileOf(dataFolder);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/**
 * The operator's bearer key: given, or made at the first start and kept in the data folder, readable by its
 * owner only.
 */
export function operatorKey(given: string | undefined, dataFolder: string): OperatorKey {
  if (given !== undefined) return { key: given, file: null, fresh: false };
  const file = fileOf(dataFolder);
  const kept = keptOperatorKey(dataFolder);
  if (kept !== undefined) return { key: kept, file, fresh: false };
  const key = `sk_${randomBytes(24).toString('base64url')}`;
  mkdirSync(dataFolder, { recursive: true });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return { key, file, fresh: true };
}
