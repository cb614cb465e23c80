/** What was agreed to and how far it has come, instance by instance (001-26, 001-29). */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { TerminationAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Sheet } from '../../parts/sheet';
import { Failed, Loading, ProblemOf } from '../../parts/states';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import css from './termination.module.css';

const route = getRouteApi('/terminations/$id');
const LOOK_AGAIN_MS = 700;

export function TerminationPage() {
  const { termination: said } = useWords();
  const { id } = route.useParams();
  const { submitted } = route.useSearch();
  const { data, error, refetch } = useQuery({
    ...queries.termination(id),
    refetchInterval: ({ state }) => (state.data?.status === 'done' ? false : LOOK_AGAIN_MS),
  });
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={6} />;
  const lead = data.status === 'done' ? said.finished : said.running;
  return (
    <>
      <PageHead
        title={submitted ? said.submitted : `${said.title} ${data.id}`}
        lead={submitted && data.status === 'running' ? said.submittedLead : lead}
        actions={<WayOn termination={data} />}
      />
      <Sheet title={said.items} note={said.agreed(data.rulesVersion)}>
        <div className={css.scroll}>
          <table>
            <tbody>
              {data.items.map((item) => (
                <Item key={item.instanceId} item={item} action={data.action} />
              ))}
            </tbody>
          </table>
        </div>
      </Sheet>
    </>
  );
}

/** To the refund, and to the bin. */
function WayOn({ termination: { items } }: { termination: TerminationAnswer }) {
  const { termination: said } = useWords();
  const refunds = items.flatMap(({ refundId }) => refundId ?? []);
  const isInBin = items.some(({ status, releaseTime }) => status === 'done' && releaseTime !== null);
  return (
    <>
      {refunds.length === 1 && (
        <Button renderRoot={(props) => <Link {...props} to="/refunds/$id" params={{ id: refunds[0]! }} />}>
          {said.refundProgress}
        </Button>
      )}
      {refunds.length > 1 && (
        <Button renderRoot={(props) => <Link {...props} to="/refunds" />}>{said.refundProgress}</Button>
      )}
      {isInBin && (
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/bin" />}>
          {said.toBin}
        </Button>
      )}
    </>
  );
}

const TONES = {
  accepted: 'amber',
  scheduled: 'amber',
  cancelled: 'plain',
  done: 'moss',
  failed: 'ember',
  refused: 'ember',
} as const;

interface ItemProps {
  item: TerminationAnswer['items'][number];
  action: TerminationAnswer['action'];
}

function Item({ item, action }: ItemProps) {
  const words = useWords();
  const { instanceId, status, schedule, refundId, releaseTime, problem } = item;
  return (
    <tr>
      <td>
        <Link to="/instances/$id" params={{ id: instanceId }}>
          {instanceId}
        </Link>
        {problem && <ProblemOf problem={problem} />}
      </td>
      <td>
        {action === 'terminate' ? words.end.modes[schedule.mode].name : words.action[action]}
        {schedule.mode === 'timed' && (
          <small className={css.block}>
            <Time at={schedule.at} />
          </small>
        )}
      </td>
      <td>
        {releaseTime && (
          <>
            {words.termination.release} <Time at={releaseTime} />
          </>
        )}
        {refundId && (
          <Link className={css.block} to="/refunds/$id" params={{ id: refundId }}>
            {words.termination.refundProgress}
          </Link>
        )}
      </td>
      <td className="num">
        <Tag tone={TONES[status]}>{words.termination.status[status]}</Tag>
      </td>
    </tr>
  );
}
