import { Button, Menu } from '@mantine/core';
import { useWords, type Words } from '../../words';
import type { Columns } from './columns';

export function ColumnsMenu({ offered, shown, toggle }: Columns) {
  const words = useWords();
  const names = columnNames(words);
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <Button variant="default" size="sm">
          {words.list.columns}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map((column) => (
          <Menu.Item
            key={column}
            role="menuitemcheckbox"
            aria-checked={shown.includes(column)}
            rightSection={shown.includes(column) ? '✓' : null}
            onClick={() => toggle(column)}
          >
            {names[column]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export const columnNames = ({ list, facts }: Words) => ({
  state: list.state,
  billing: facts.billing,
  product: list.product,
  region: facts.region,
  plan: list.plan,
  ends: list.ends,
  account: list.account,
});
