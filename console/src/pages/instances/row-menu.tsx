/** More > Instance status > Terminate/Return (000-10, 001-19): each command's page is one click away. */
import { Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { InstanceAnswer } from '../../../../contract/answers';
import { addressOf } from '../../parts/command-link';
import { useOffered } from '../../parts/commands';
import { useWords } from '../../words';
import css from './instances.module.css';

/**
 * The menu is made when it is first opened: a thousand rows are scrolled past for one that is used. Not sooner:
 * a button that is replaced between the press and its release is never clicked.
 */
export function RowMenu({ item }: { item: InstanceAnswer }) {
  const { list } = useWords();
  const [isUsed, use] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const name = list.actions(item.id);
  if (!isUsed)
    return (
      <button
        type="button"
        className={css.more}
        aria-label={name}
        aria-haspopup="menu"
        aria-expanded={false}
        onClick={() => use(true)}
      />
    );
  return (
    <Menu
      position="bottom-end"
      width={230}
      shadow="md"
      defaultOpened
      onClose={() => button.current?.focus({ preventScroll: true })}
    >
      <Menu.Target>
        <button type="button" className={css.more} aria-label={name} ref={button} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{list.status}</Menu.Label>
        <Offers item={item} />
      </Menu.Dropdown>
    </Menu>
  );
}

const ENDS: readonly string[] = ['terminate', 'return', 'purge'];
/** Shown also when it is not possible: who looks for it is told why (001-20). */
const LOOKED_FOR: readonly string[] = ['terminate', 'return'];

/** Asked for when the menu is opened. */
function Offers({ item }: { item: InstanceAnswer }) {
  const { command, states } = useWords();
  const offered = useOffered(item.id);
  if (!offered) return <Menu.Item disabled>{states.loading}</Menu.Item>;
  return offered
    .filter(({ name, isPossible }) => isPossible || LOOKED_FOR.includes(name))
    .map(({ name, isPossible, blockers }) =>
      isPossible ? (
        <Menu.Item
          key={name}
          {...(ENDS.includes(name) ? { color: 'ember' } : {})}
          renderRoot={(props) => <Link {...props} {...addressOf(name, item.id)} />}
        >
          {command[name]}
        </Menu.Item>
      ) : (
        <Menu.Item key={name} disabled>
          {command[name]}
          <small className={css.why}>{blockers[0]?.message}</small>
        </Menu.Item>
      ),
    );
}
