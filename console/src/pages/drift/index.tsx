/** Machines that are otherwise than their instances' states say, each to be decided on. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { DriftAnswer } from '../../../../contract/drift';
import { queries } from '../../api/queries';
import { List, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { StateTag, Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { Decide } from './decide';

export function Drift() {
  const { pages, common, drift } = useWords();
  const result = useList(queries.drift());
  const [deciding, setDeciding] = useState<DriftAnswer | null>(null);
  return (
    <>
      <PageHead title={pages.drift} lead={drift.lead} />
      <List
        label={pages.drift}
        result={result}
        keyOf={({ id }) => id}
        empty={<Empty title={drift.empty}>{drift.emptyLead}</Empty>}
        columns={[
          {
            head: common.instance,
            cell: ({ instanceId, account }) => (
              <span>
                <Link to="/instances/$id" params={{ id: instanceId }}>
                  {instanceId}
                </Link>
                <small>{account}</small>
              </span>
            ),
          },
          { head: common.status, cell: ({ state }) => <StateTag state={state} /> },
          { head: drift.machine, cell: (one) => <Machine found={one.found} /> },
          { head: drift.foundAt, cell: ({ foundAt }) => <Time at={foundAt} /> },
          {
            head: '',
            isNumber: true,
            cell: (one) => (
              <Button size="xs" variant="default" onClick={() => setDeciding(one)}>
                {drift.decide}
              </Button>
            ),
          },
        ]}
      />
      {deciding && <Decide drift={deciding} close={() => setDeciding(null)} />}
    </>
  );
}

function Machine({ found: { exists, power, isolated } }: Pick<DriftAnswer, 'found'>) {
  const { drift } = useWords();
  if (!exists) return <Tag tone="ember">{drift.found.gone}</Tag>;
  return (
    <>
      <Tag tone="amber">{drift.found[power]}</Tag>
      {isolated && <Tag tone="amber">{drift.found.isolated}</Tag>}
    </>
  );
}
