/** What a release destroys and what it keeps: as it was agreed, or as the product's rules say. */
import { type Plan, planFor } from '../../domain/plan';
import type { InstanceRow } from './instances';

/** As it was agreed, if it was: what expires was not. */
export const planBy = ({ id, life, facts, policy }: InstanceRow, agreed: Plan | undefined): Plan =>
  (life.cause === 'expiry' ? undefined : agreed) ?? planFor(id, facts, policy.disposal);

/** What becomes of each part of an instance in the bin when it is released (L4); null: it is not in the bin. */
export const planAtRelease = (row: InstanceRow): Plan | null =>
  row.life.state === 'isolated' ? planBy(row, row.agreedPlan ?? undefined) : null;
