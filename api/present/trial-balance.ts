import type { TrialBalanceAnswer } from '../../contract/books';
import type { Reply } from '../http/call';
import { type Column, rowsAsCsv } from '../http/csv';

const COLUMNS: Column<TrialBalanceAnswer['lines'][number]>[] = [
  { name: 'ledgerAccount', value: (row) => row.ledgerAccount },
  { name: 'currency', value: (row) => row.currency },
  { name: 'debit', value: (row) => row.debit, isNumber: true },
  { name: 'credit', value: (row) => row.credit, isNumber: true },
  { name: 'balance', value: (row) => row.balance, isNumber: true },
];

export const trialBalanceAsCsv = ({ lines }: TrialBalanceAnswer): Reply => rowsAsCsv(COLUMNS, lines);
