import type { AdjustmentAnswer } from '../../../../contract/books';
import { queries } from '../../api/queries';
import { List, type ListColumn, useList } from '../../parts/list';
import { Money } from '../../parts/money';
import { Sheet } from '../../parts/sheet';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import css from './account.module.css';

/** Deposits, withdrawals and credits, each with why, by whom, and what it has booked. */
export function Adjustments({ account }: { account: string }) {
  const { accounts, adjust, common, source: sources } = useWords();
  const result = useList(queries.adjustments(account));
  const columns: ListColumn<AdjustmentAnswer>[] = [
    { head: common.time, cell: ({ recordedAt }) => <Time at={recordedAt} /> },
    {
      head: accounts.what,
      cell: ({ kind, source, reference }) => (
        <span>
          {accounts.kinds[kind]}
          <small>{[sources[source], reference].join(' · ')}</small>
        </span>
      ),
    },
    {
      head: common.reason,
      cell: ({ reason, by }) => (
        <span>
          {reason}
          <small>{by}</small>
        </span>
      ),
    },
    {
      head: adjust.entries,
      cell: ({ entries }) => (
        <span>
          {entries.map(({ source, destination, transactionId }) => (
            <span key={`${source} ${destination}`} title={transactionId} className={css.block}>
              <code>{source}</code> → <code>{destination}</code>
            </span>
          ))}
        </span>
      ),
    },
    {
      head: common.amount,
      isNumber: true,
      cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
    },
  ];
  return (
    <Sheet title={adjust.list} note={adjust.listNote}>
      <List
        isPlain
        label={adjust.list}
        result={result}
        keyOf={({ id }) => id}
        empty={<p className="quiet">{adjust.none}</p>}
        columns={columns}
      />
    </Sheet>
  );
}
