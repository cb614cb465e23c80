/** What somebody should look at: steps that control planes do not bring to an end, and lives that are lost, stuck or overdue. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WatchAnswer } from '../../../../contract/watch';
import { commandTo } from '../../api/commands';
import { queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { List, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Sheet } from '../../parts/sheet';
import { Failed, Loading, Refusal } from '../../parts/states';
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
      <Machines />
      {data.items.length === 0 ? (
        <Sheet title={attention.lives}>
          <p>{attention.emptyLead}</p>
        </Sheet>
      ) : (
        <Sheet title={attention.lives}>
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

/** What control planes do not bring to an end. */
function Machines() {
  const { attention, instance, common } = useWords();
  const result = useList(queries.instances({ attention: 'true' }));
  const stuck = { ...result, data: result.data?.filter((one) => one.attention !== null) };
  return (
    <Sheet title={attention.machines}>
      <List
        label={attention.machines}
        result={stuck}
        keyOf={({ id }) => id}
        empty={<p>{attention.machinesEmpty}</p>}
        isPlain
        columns={[
          {
            head: common.instance,
            cell: ({ id, attention: said }) => (
              <span>
                <Link to="/instances/$id" params={{ id }}>
                  {id}
                </Link>
                <small>{said?.message || said?.code}</small>
              </span>
            ),
          },
          {
            head: instance.machine,
            cell: ({ machine, attention: said }) => (
              <>
                {machine?.controlPlane} <Tag tone="ember">{said && attention.goals[said.goal]}</Tag>
              </>
            ),
          },
          { head: attention.since, cell: ({ attention: said }) => said && <Time at={said.since} /> },
          {
            head: '',
            isNumber: true,
            cell: ({ id }) => (
              <Button
                size="xs"
                variant="default"
                renderRoot={(props) => (
                  <Link {...props} to="/instances/$id" params={{ id }} search={{ do: 'resolve' }} />
                )}
              >
                {attention.resolve}
              </Button>
            ),
          },
        ]}
      />
    </Sheet>
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
