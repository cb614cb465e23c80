/** One refund order: how far it has come, why it is this amount, and the entries of the ledger that it made. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RefundDetailAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { PageHead } from '../../parts/page-head';
import { type Column, Rows } from '../../parts/rows';
import { Pair, Sheet } from '../../parts/sheet';
import { Failed, Loading, ProblemOf } from '../../parts/states';
import { RefundTag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { Waterfall } from '../../pictures/waterfall';
import { useLanguage, useWords } from '../../words';
import { Calculation } from './calculation';
import css from './refund.module.css';

const route = getRouteApi('/refunds/$id');
const OVER: readonly string[] = ['done', 'denied', 'failed', 'reversed', 'in_review'];
const LOOK_AGAIN_MS = 1000;

export function RefundPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery({
    ...queries.refund(id),
    refetchInterval: ({ state }) => (state.data && OVER.includes(state.data.status) ? false : LOOK_AGAIN_MS),
  });
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  return data ? <Whole refund={data} /> : <Loading lines={6} />;
}

function Whole({ refund }: { refund: RefundDetailAnswer }) {
  const { words, lang } = useLanguage();
  const said = words.refunds;
  const { amount, currency, kind, instanceId, status, lines, parts, problem, account } = refund;
  const money = (one: string) => formatMoney(one, currency, lang);
  return (
    <>
      <PageHead
        title={said.title(money(amount))}
        lead={
          <>
            <Link to="/instances/$id" params={{ id: instanceId }}>
              {instanceId}
            </Link>{' '}
            · {words.refundKind[kind]} · <RefundTag status={status} />
          </>
        }
      />
      {problem && (
        <div className={css.problem}>
          <ProblemOf problem={problem} />
        </div>
      )}
      <Pair>
        <Sheet title={said.why} note={said.asOf}>
          <Waterfall
            lines={lines}
            currency={currency}
            total={{ label: said.toTheAccount, note: said.parts(parts, money), amount }}
          />
        </Sheet>
        <div>
          <Progress refund={refund} />
          <Sheet
            title={said.entries}
            note={
              <Link to="/accounts/$account" params={{ account }}>
                {words.pages.account}
              </Link>
            }
          >
            <Entries refund={refund} />
          </Sheet>
        </div>
      </Pair>
      <Calculation refund={refund} />
    </>
  );
}

function Progress({ refund: { progress, reversal } }: { refund: RefundDetailAnswer }) {
  const { refunds, refundStatus } = useWords();
  const known: Readonly<Record<string, string>> = refundStatus;
  return (
    <Sheet title={refunds.progress}>
      <ol className={css.progress}>
        {progress.map(({ status, at }) => (
          <li key={status}>
            {known[status] ?? status} <Time at={at} />
          </li>
        ))}
      </ol>
      {reversal && (
        <p>
          {refunds.reversed(reversal.by, reversal.reason)} <Time at={reversal.at} />
        </p>
      )}
    </Sheet>
  );
}

/** In double entry: from which account of the ledger to which. */
function Entries({ refund: { entries } }: { refund: RefundDetailAnswer }) {
  const { words, lang } = useLanguage();
  const { refunds } = words;
  if (entries.length === 0) return <p className="quiet">{refunds.noEntries}</p>;
  const columns: Column<RefundDetailAnswer['entries'][number]>[] = [
    {
      head: refunds.from,
      cell: ({ source, transactionId }) => (
        <span>
          <code>{source}</code>
          <small>{transactionId}</small>
        </span>
      ),
    },
    { head: refunds.to, cell: ({ destination }) => <code>{destination}</code> },
    {
      head: words.common.amount,
      isNumber: true,
      cell: ({ amount, currency }) => formatMoney(amount, currency, lang),
    },
  ];
  return (
    <Rows
      label={refunds.entries}
      items={entries}
      columns={columns}
      keyOf={({ transactionId, source, destination }) => `${transactionId} ${source} ${destination}`}
    />
  );
}
