/** Refund orders and how far each has come (001-26). */
import { Link } from '@tanstack/react-router';
import type { RefundAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { List, useList } from '../../parts/list';
import { Money } from '../../parts/money';
import { PageHead } from '../../parts/page-head';
import { RefundTag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';

export function Refunds() {
  const words = useWords();
  const { pages, common, refunds, refundKind } = words;
  const { account } = useSession();
  const result = useList(queries.refunds({ limit: 100 }));
  return (
    <>
      <PageHead title={pages.refunds} lead={refunds.lead} />
      <List
        label={pages.refunds}
        result={result}
        keyOf={({ id }) => id}
        empty={refunds.empty}
        columns={[
          {
            head: refunds.order,
            cell: ({ id, instanceId }) => (
              <span>
                <Link to="/refunds/$id" params={{ id }}>
                  {instanceId}
                </Link>
                <small>{words.common.details}</small>
              </span>
            ),
          },
          { head: common.time, cell: ({ progress }) => <Time at={progress[0]!.at} /> },
          { head: refunds.kind, cell: ({ kind }) => refundKind[kind] },
          ...(account === null ? [{ head: common.account, cell: (one: RefundAnswer) => one.account }] : []),
          { head: common.status, cell: ({ status }) => <RefundTag status={status} /> },
          {
            head: common.amount,
            isNumber: true,
            cell: ({ amount, currency }) => <Money amount={amount} currency={currency} />,
          },
        ]}
      />
    </>
  );
}
