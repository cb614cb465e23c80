/** What was agreed to and how far it has come, instance by instance (001-26, 001-29). */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { TerminationAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { type Column, Rows } from '../../parts/rows';
import { Sheet } from '../../parts/sheet';
import { Failed, Loading, ProblemOf } from '../../parts/states';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords, type Words } from '../../words';

const route = getRouteApi('/terminations/$id');
const LOOK_AGAIN_MS = 700;

export function TerminationPage() {
  const words = useWords();
  const said = words.termination;
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
        <Rows
          label={said.items}
          items={data.items}
          columns={columnsFor(data.action, words)}
          keyOf={({ instanceId }) => instanceId}
        />
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

type Item = TerminationAnswer['items'][number];

const columnsFor = (action: TerminationAnswer['action'], words: Words): Column<Item>[] => [
  {
    head: words.common.instance,
    cell: ({ instanceId, problem }) => (
      <span>
        <Link to="/instances/$id" params={{ id: instanceId }}>
          {instanceId}
        </Link>
        {problem && <ProblemOf problem={problem} />}
      </span>
    ),
  },
  {
    head: words.end.when,
    cell: ({ schedule }) => (
      <span>
        {action === 'terminate' ? words.end.modes[schedule.mode].name : words.action[action]}
        {schedule.mode === 'timed' && (
          <small>
            <Time at={schedule.at} />
          </small>
        )}
      </span>
    ),
  },
  {
    head: words.termination.release,
    cell: ({ releaseTime }) => (releaseTime ? <Time at={releaseTime} /> : '–'),
  },
  {
    head: words.pages.refunds,
    cell: ({ refundId }) =>
      refundId ? (
        <Link to="/refunds/$id" params={{ id: refundId }}>
          {words.termination.refundProgress}
        </Link>
      ) : (
        '–'
      ),
  },
  {
    head: words.common.status,
    isNumber: true,
    cell: ({ status }) => <Tag tone={TONES[status]}>{words.termination.status[status]}</Tag>,
  },
];
