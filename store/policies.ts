import { type Policy, policyId } from '../domain/policy';
import type { Db } from './db';
import { hashOf } from './hash';

/** Keeps a policy as it was used, and answers its id. An edit without a new version is another row: what was promised stays readable. */
export async function keepPolicy(db: Db, policy: Policy): Promise<string> {
  const id = `${policyId(policy)}#${hashOf(withoutExamples(policy)).slice(0, 12)}`;
  await db.query('INSERT INTO policies (id, product, version, document) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
    id,
    policy.product,
    policy.version,
    withoutExamples(policy),
  ]);
  return id;
}

/** @throws when there is none: ids come from our own rows */
export async function policyById(db: Db, id: string): Promise<Policy> {
  const { rows } = await db.query<{ document: Policy }>('SELECT document FROM policies WHERE id = $1', [id]);
  if (!rows[0]) throw new Error(`policy ${id} is not in the store`);
  return rows[0].document;
}

/** Examples are for tests and readers; rules are what binds. */
export const withoutExamples = (policy: Policy): Policy => ({ ...policy, examples: [] });
