/** Lives that somebody should look at: lost, stuck or overdue, as the workers saw them last. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WatchAnswer } from '../../../../contract/watch';
import { commandTo } from '../../api/commands';
import { queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { PageHead } from '../../parts/page-head';
import { Sheet } from '../../parts/sheet';
import { Empty, Failed, Loading, Refusal } from '../../parts/states';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';

export function Attention() {
  const { pages, attention } = useWords();
  const { data, error, refetch } = useQuery({ ...queries.troubles(), refetchInterval: 15_000 });
  if (error && !data) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading lines={6} />;
  return (
    <>
      <PageHead
        title={pages.attention}
        lead={
          data.at === null ? (
            attention.notYet
          ) : (
            <>
              {attention.seen} <Time at={data.at} />
            </>
          )
        }
      />
      {data.items.length === 0 ? (
        <Empty title={attention.empty}>{attention.emptyLead}</Empty>
      ) : (
        <Sheet title={pages.attention}>
          <table>
            <tbody>
              {data.items.map((item) => (
                <Trouble key={item.instanceId} item={item} />
              ))}
            </tbody>
          </table>
        </Sheet>
      )}
    </>
  );
}

function Trouble({ item: { instanceId, kind, detail, since } }: { item: WatchAnswer['items'][number] }) {
  const { attention } = useWords();
  const repairing = useCommand(commandTo(instanceId, 'repair'));
  return (
    <tr>
      <td>
        <Link to="/instances/$id" params={{ id: instanceId }}>
          {instanceId}
        </Link>{' '}
        <Tag tone="ember">{attention.kinds[kind]}</Tag>
        <br />
        <small>{detail}</small>
        <Refusal error={repairing.error} />
      </td>
      <td>
        <Time at={since} />
      </td>
      <td className="num">
        <Button
          size="xs"
          variant="default"
          loading={repairing.isPending}
          onClick={() => repairing.mutate({})}
        >
          {attention.repair}
        </Button>
      </td>
    </tr>
  );
}
