/** All accounts, for the operator's people: a way to each one's balances and statement. */
import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../../api/queries';
import { List, useList } from '../../parts/list';
import { PageHead } from '../../parts/page-head';
import { Tag } from '../../parts/tags';
import { useWords } from '../../words';

const TYPING_MS = 250;

export function Accounts() {
  const { pages, accounts, common, list } = useWords();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), TYPING_MS);
  const result = useList({ ...queries.accounts({ q }), placeholderData: keepPreviousData });
  return (
    <>
      <PageHead title={pages.accounts} lead={accounts.lead} />
      <TextInput
        type="search"
        label={list.search}
        maw={320}
        mb={14}
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <List
        label={pages.accounts}
        result={result}
        keyOf={({ account }) => account}
        empty={list.nothingFound}
        columns={[
          {
            head: common.account,
            cell: ({ account }) => (
              <Link to="/accounts/$account" params={{ account }}>
                {account}
              </Link>
            ),
          },
          { head: pages.instances, isNumber: true, cell: ({ instances }) => instances },
          {
            head: common.status,
            cell: ({ arrears, hold }) => (
              <span>
                {arrears && <Tag tone="ember">{accounts.arrears}</Tag>}{' '}
                {hold && <Tag tone="amber">{accounts.hold}</Tag>}
                {!arrears && !hold && accounts.good}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}
