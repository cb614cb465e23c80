/** What has been agreed to, and how far each has come. */
import { Link } from '@tanstack/react-router';
import type { TerminationAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { List, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';

export function Terminations() {
  const words = useWords();
  const { pages, common, termination: said } = words;
  const result = useList(queries.terminations({ limit: 100 }));
  return (
    <>
      <PageHead title={pages.terminations} lead={said.lead} />
      <List
        label={pages.terminations}
        result={result}
        keyOf={({ id }) => id}
        empty={said.empty}
        columns={[
          {
            head: common.instance,
            cell: ({ id, items }) => (
              <span>
                <Link to="/terminations/$id" params={{ id }}>
                  {items.length === 1 ? items[0]!.instanceId : said.count(items.length)}
                </Link>
                <small>{id.slice(0, 12)}…</small>
              </span>
            ),
          },
          { head: said.what, cell: ({ action }) => words.action[action] },
          {
            head: words.end.when,
            cell: ({ action, schedule }) =>
              action === 'terminate' ? words.end.modes[schedule.mode].name : '–',
          },
          { head: said.agreedAt, cell: ({ agreedAt }) => <Time at={agreedAt} /> },
          { head: said.outcome, cell: ({ items }) => outcomes(items, said.status) },
          {
            head: common.status,
            cell: ({ status }) => (
              <Tag tone={status === 'done' ? 'moss' : 'amber'}>
                {status === 'done' ? said.doneStatus : said.runningStatus}
              </Tag>
            ),
          },
        ]}
      />
    </>
  );
}

type Item = TerminationAnswer['items'][number];

/** `18 done · 2 refused`. */
function outcomes(items: readonly Item[], names: Readonly<Record<Item['status'], string>>): string {
  const counts = new Map<Item['status'], number>();
  for (const { status } of items) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${names[status]}`).join(' · ');
}
