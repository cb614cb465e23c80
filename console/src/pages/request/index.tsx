/** One request: who asks why, what an approval would pay now, and the decision of somebody else (M24). */
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RefundRequestAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { useSession } from '../../app/session';
import { Blockers, Warnings } from '../../parts/blockers';
import { PageHead } from '../../parts/page-head';
import { Pair, Sheet } from '../../parts/sheet';
import { Failed, Loading } from '../../parts/states';
import { RefundTag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { Waterfall } from '../../pictures/waterfall';
import { useWords } from '../../words';
import { Approve, Deny } from './decide';

const route = getRouteApi('/requests/$id');

export function RequestPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(queries.request(id));
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  return data ? <Whole request={data} /> : <Loading lines={6} />;
}

function Whole({ request }: { request: RefundRequestAnswer }) {
  const words = useWords();
  const { requests: said } = words;
  const { instanceId, action, status, now, preview, refundId } = request;
  const { refund, blockers, warnings, permitted } = now ?? preview;
  return (
    <>
      <PageHead
        title={said.title(instanceId)}
        lead={
          <>
            {words.action[action]} · <RefundTag status={status} />
          </>
        }
        actions={<Deciding request={request} />}
      />
      <Pair>
        <Sheet title={now ? said.paysNow : said.wouldHavePaid}>
          {permitted && refund.amount !== undefined ? (
            <Waterfall
              lines={refund.lines ?? []}
              total={{ label: words.end.comesBack, amount: refund.amount }}
              currency={refund.currency}
            />
          ) : (
            <Blockers blockers={blockers} />
          )}
        </Sheet>
        <Sheet title={said.about}>
          <About request={request} />
          <Warnings warnings={warnings} />
          <Link to="/refunds/$id" params={{ id: refundId }}>
            {words.termination.refundProgress}
          </Link>
        </Sheet>
      </Pair>
    </>
  );
}

function About({
  request: { requestedBy, requestedAt, reason, decision, account, instanceId },
}: {
  request: RefundRequestAnswer;
}) {
  const { requests: said, common, refundStatus } = useWords();
  return (
    <table>
      <tbody>
        <tr>
          <td>{common.instance}</td>
          <td>
            <Link to="/instances/$id" params={{ id: instanceId }}>
              {instanceId}
            </Link>{' '}
            ({account})
          </td>
        </tr>
        <tr>
          <td>{said.askedBy}</td>
          <td>
            {requestedBy} · <Time at={requestedAt} />
            <br />“{reason}”
          </td>
        </tr>
        <tr>
          <td>{said.decision}</td>
          <td>
            {decision ? (
              <>
                {decision.by} · <Time at={decision.at} />
                <br />“{decision.reason}”
              </>
            ) : (
              refundStatus.in_review
            )}
          </td>
        </tr>
      </tbody>
    </table>
  );
}

/** Not by who has asked. */
function Deciding({ request }: { request: RefundRequestAnswer }) {
  const { requests: said } = useWords();
  const { may, name } = useSession();
  const [isApproving, approving] = useDisclosure();
  const [isDenying, denying] = useDisclosure();
  if (request.status !== 'in_review' || !may('refund:approve')) return null;
  if (request.requestedBy === name) return <p className="quiet">{said.notByYou}</p>;
  return (
    <>
      <Button onClick={approving.open} disabled={request.now?.refund.amount === undefined}>
        {said.approve} …
      </Button>
      <Button variant="outline" color="ember" onClick={denying.open}>
        {said.deny} …
      </Button>
      {isApproving && <Approve request={request} close={approving.close} />}
      {isDenying && <Deny request={request} close={denying.close} />}
    </>
  );
}
