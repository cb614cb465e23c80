/**
 * Refunds that a service booked, done again by the oracle (which knows nothing of the engine) from the record
 * kept with each.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Calculation } from '../../domain/calculation';
import { minorDigits, SOURCES } from '../../domain/money';
import type { Policy } from '../../domain/policy';
import type { RefundInput } from '../../domain/refund';
import type { Pool } from '../../store/db';
import { oracleRefund } from '../fixtures/oracle';

interface Row {
  id: string;
  calculation: Calculation;
  document: Policy;
}

/** The amounts that the oracle finds otherwise, and how many refunds it looked at. */
export async function againstOracle(pool: Pool): Promise<{ compared: number; differences: object[] }> {
  const { rows } = await pool.query<Row>(
    `SELECT f.id, f.calculation, p.document FROM refunds f
     JOIN policies p ON p.id = f.calculation->'inputs'->>'policyId'
     WHERE f.status IN ('done', 'reversed')`,
  );
  const differences = rows.flatMap(({ id, calculation, document }) => {
    const input = inputOf(calculation, document);
    const { amount, fee, parts, cells } = oracleRefund(input);
    const wanted = { amount, fee, parts, cells };
    const got = booked(calculation.refund);
    return isDeepStrictEqual(got, wanted) ? [] : [{ id, got: shown(got), wanted: shown(wanted), input }];
  });
  return { compared: rows.length, differences };
}

function inputOf({ inputs }: Calculation, { knobs, returns }: Policy): RefundInput {
  const { action, ...rest } = inputs;
  return { ...rest, knobs, rules: returns!, renewalsOnly: action === 'return-renewals' };
}

/** In minor units, as the oracle answers. */
function booked({ currency, amount, fee, parts, cells }: Calculation['refund']) {
  const units = (text: string): bigint => {
    const [whole, fraction = ''] = text.split('.') as [string, string?];
    if (fraction.length !== minorDigits(currency))
      throw new Error(`${text} has not all minor digits of ${currency}`);
    return BigInt(whole + fraction);
  };
  return {
    amount: units(amount),
    fee: units(fee),
    parts: Object.fromEntries(SOURCES.map((source) => [source, units(parts[source])])),
    cells: Object.fromEntries(cells.map((cell) => [`${cell.orderId}/${cell.source}`, units(cell.amount)])),
  };
}

/** JSON has no big integers. */
const shown = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)));
