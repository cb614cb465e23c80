import type { z } from 'zod';
import type { Reply } from '../call';
import { type Column, toCsv } from '../csv';
import type { statementAnswer } from '../schemas/answers';

type Movement = z.infer<typeof statementAnswer>;

const COLUMNS: Column<Movement>[] = [
  { name: 'id', value: (row) => row.id },
  { name: 'kind', value: (row) => row.kind },
  { name: 'currency', value: (row) => row.currency },
  { name: 'amount', value: (row) => row.amount, isNumber: true },
  { name: 'cash', value: (row) => row.parts.cash, isNumber: true },
  { name: 'gift', value: (row) => row.parts.gift, isNumber: true },
  { name: 'income', value: (row) => row.parts.income, isNumber: true },
  { name: 'instanceId', value: (row) => row.instanceId },
  { name: 'refundId', value: (row) => row.refundId },
  { name: 'reverses', value: (row) => row.reverses },
  { name: 'reason', value: (row) => row.reason },
  { name: 'effectiveAt', value: (row) => row.effectiveAt },
  { name: 'recordedAt', value: (row) => row.recordedAt },
];

/** The page that a list answered, as CSV. A body of lines has no room for the next page's cursor: it is a link (RFC 8288). */
export function statementAsCsv({ status, body, headers }: Reply, account: string, limit: number): Reply {
  const { items, nextCursor } = body as { items: Movement[]; nextCursor: string | null };
  const next = `/v1/accounts/${encodeURIComponent(account)}/statement?format=csv&limit=${limit}&cursor=${nextCursor}`;
  return {
    status,
    body: toCsv(COLUMNS, items),
    headers: {
      ...headers,
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      ...(nextCursor === null ? {} : { Link: `<${next}>; rel="next"` }),
    },
  };
}
