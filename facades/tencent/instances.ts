/** The instances that there are for a call: of its product, of its caller's account, of its region. */
import type { ApiDeps } from '../../api/deps';
import { findInstances, type InstanceRow } from '../../store/lives/instances';
import type { VendorFilter } from '../../store/lives/lists';
import type { VendorCall } from './action';

/** What every list of a call is narrowed by. */
export const scopeOf = ({ caller, product, region }: VendorCall): VendorFilter => ({
  tenant: caller.account ?? undefined,
  product,
  region,
});

/**
 * In the order of the ids; terminated ones too. What is another product's, account's or region's is as missing as
 * what does not exist.
 */
export async function lookUp(
  { pool }: ApiDeps,
  { caller, product, region }: VendorCall,
  ids: string[],
): Promise<{ found: InstanceRow[]; missing: string[] }> {
  const rows = await findInstances(pool, ids, caller.account);
  const found = rows.filter(
    ({ facts }) => facts.product === product && (region === undefined || facts.region === region),
  );
  const known = new Set(found.map(({ id }) => id));
  return { found, missing: ids.filter((id) => !known.has(id)) };
}
