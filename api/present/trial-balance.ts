import type { z } from 'zod';
import type { trialBalanceAnswer } from '../../contract/books';
import type { Reply } from '../http/call';
import { type Column, rowsAsCsv } from '../http/csv';

type TrialBalance = z.infer<typeof trialBalanceAnswer>;

const COLUMNS: Column<TrialBalance['lines'][number]>[] = [
  { name: 'ledgerAccount', value: (row) => row.ledgerAccount },
  { name: 'currency', value: (row) => row.currency },
  { name: 'debit', value: (row) => row.debit, isNumber: true },
  { name: 'credit', value: (row) => row.credit, isNumber: true },
  { name: 'balance', value: (row) => row.balance, isNumber: true },
];

export const trialBalanceAsCsv = ({ lines }: TrialBalance): Reply => rowsAsCsv(COLUMNS, lines);
