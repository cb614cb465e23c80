/** Refunds that somebody else has to approve (four eyes). */
import { Link } from '@tanstack/react-router';
import type { RefundRequestAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { List, type ListColumn, useList } from '../../parts/list';
import { Money } from '../../parts/money';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { RefundTag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';

export function Requests() {
  const { pages, common, requests } = useWords();
  const { account } = useSession();
  const result = useList(queries.requests({ limit: 100 }));
  const columns: ListColumn<RefundRequestAnswer>[] = [
    {
      head: common.instance,
      cell: ({ id, instanceId, reason }) => (
        <span>
          <Link to="/requests/$id" params={{ id }}>
            {instanceId}
          </Link>
          <small>“{reason}”</small>
        </span>
      ),
    },
    ...(account === null ? [{ head: common.account, cell: (one: RefundRequestAnswer) => one.account }] : []),
    { head: requests.askedBy, cell: ({ requestedBy }) => requestedBy },
    { head: common.time, cell: ({ requestedAt }) => <Time at={requestedAt} /> },
    { head: common.status, cell: ({ status }) => <RefundTag status={status} /> },
    {
      head: common.amount,
      isNumber: true,
      cell: ({ preview: { refund } }) => <Money amount={refund.amount ?? '0'} currency={refund.currency} />,
    },
  ];
  return (
    <>
      <PageHead title={pages.requests} lead={requests.lead} />
      <List
        label={pages.requests}
        result={result}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<Empty title={requests.empty}>{requests.emptyLead}</Empty>}
      />
    </>
  );
}
