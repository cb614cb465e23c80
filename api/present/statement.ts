import type { MovementAnswer } from '../../contract/answers';
import type { Reply } from '../http/call';
import { type Column, type ListQuery, listAsCsv } from '../http/csv';

const COLUMNS: Column<MovementAnswer>[] = [
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
  { name: 'reference', value: (row) => row.reference },
  { name: 'balanceCash', value: (row) => row.balance.cash, isNumber: true },
  { name: 'balanceGift', value: (row) => row.balance.gift, isNumber: true },
  { name: 'balanceIncome', value: (row) => row.balance.income, isNumber: true },
];

/** The page of a statement as CSV. */
export const statementAsCsv = (reply: Reply, path: string, query: ListQuery): Reply =>
  listAsCsv(COLUMNS, reply, path, query);
