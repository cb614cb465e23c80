import { type Policy, type PolicyExcerpt, policyId } from '../domain/policy';
import { type Db, prepared } from './db';
import { hashOf } from './hash';

const keys = new WeakMap<Policy, string>();

/** Names its content: a policy that is edited without a new version is another one. */
export function keyOf(policy: Policy): string {
  const key = keys.get(policy) ?? `${policyId(policy)}#${hashOf(withoutExamples(policy)).slice(0, 12)}`;
  keys.set(policy, key);
  return key;
}

const KEEP_POLICY = prepared(
  'INSERT INTO policies (id, product, version, document) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
);

/**
 * What a registration takes along of a policy. The store has it before anything refers to it; a process writes each
 * once.
 */
export async function excerptOf(db: Db, policy: Policy): Promise<PolicyExcerpt> {
  const id = keyOf(policy);
  const kept = keptIn.get(db) ?? new Set();
  keptIn.set(db, kept);
  if (!kept.has(id)) await keepPolicy(db, policy, id);
  kept.add(id);
  return { id, lifecycle: policy.lifecycle };
}

const keptIn = new WeakMap<Db, Set<string>>();

/**
 * Keeps a policy as it was used, under its key ({@link keyOf}). An edit without a new version is another row: what was
 * promised stays readable.
 */
export async function keepPolicy(db: Db, policy: Policy, id: string): Promise<void> {
  await db.query(KEEP_POLICY([id, policy.product, policy.version, withoutExamples(policy)]));
}

/** An id names its content, so it is read once a process: hundreds of rows have the same one. */
const known = new Map<string, Policy>();

/** @throws when one is missing: ids come from our own rows */
export async function policiesById(db: Db, ids: Iterable<string>): Promise<(id: string) => Policy> {
  const wanted = [...new Set(ids)].filter((id) => !known.has(id));
  if (wanted.length) {
    const { rows } = await db.query<{ id: string; document: Policy }>(
      'SELECT id, document FROM policies WHERE id = ANY($1)',
      [wanted],
    );
    for (const { id, document } of rows) known.set(id, document);
  }
  return (id) => {
    const policy = known.get(id);
    if (!policy) throw new Error(`policy ${id} is not in the store`);
    return policy;
  };
}

/** @throws when there is none */
export async function policyById(db: Db, id: string): Promise<Policy> {
  return (await policiesById(db, [id]))(id);
}

/** Examples are for tests and readers; rules are what binds. */
export const withoutExamples = (policy: Policy): Policy => ({ ...policy, examples: [] });
