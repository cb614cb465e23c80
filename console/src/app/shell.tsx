/** What is around every page: where one is, who one is, and whether what is seen is up to date. */
import { Burger, Button, Drawer, Menu, Tooltip, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { lastAnswered } from '../api/call';
import { useLostSince } from '../api/reach';
import { useLive } from '../live';
import { formatClock, formatSpan } from '../parts/format';
import { useNow } from '../parts/now';
import { Sun } from '../parts/states';
import { useLanguage, useWords } from '../words';
import { type Permission, useSession } from './session';
import css from './shell.module.css';

export function Shell() {
  const words = useWords();
  const [isOpen, menu] = useDisclosure();
  const main = useFocusOnArrival(menu.close);
  const isLive = useLive(!useSession().isOver);
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">
        {words.shell.skip}
      </a>
      <div className={css.side}>
        <Brand />
        <Pages />
      </div>
      <div className={css.body}>
        <header className={css.bar}>
          <Burger
            className={css.burger}
            opened={isOpen}
            onClick={menu.toggle}
            size="sm"
            aria-label={words.shell.menu}
          />
          <span className={css.barBrand}>
            <Brand />
          </span>
          <Who isLive={isLive} />
        </header>
        <Notices />
        <main id="content" ref={main} tabIndex={-1} className={css.main}>
          <Outlet />
        </main>
      </div>
      <Drawer
        opened={isOpen}
        onClose={menu.close}
        title={<Brand />}
        size={280}
        closeButtonProps={{ 'aria-label': words.common.close }}
      >
        <Pages />
      </Drawer>
    </div>
  );
}

/** Who goes to another page by keyboard goes on reading there. */
function useFocusOnArrival(onArrival: () => void) {
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const from = useRef(pathname);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only arriving somewhere else counts
  useEffect(() => {
    if (from.current === pathname) return;
    from.current = pathname;
    onArrival();
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [pathname]);
  return main;
}

const Brand = () => (
  <Link to="/instances" className={css.brand}>
    <Sun /> Sunset
  </Link>
);

/** Pages that go over all accounts are not there for keys of one. */
const STAFF_ONLY: readonly string[] = ['/accounts', '/audit', '/attention'];

function Pages() {
  const { pages, shell } = useWords();
  const { account, may } = useSession();
  const page = (to: string, text: string, permission: Permission = 'read') =>
    may(permission) && !(account !== null && STAFF_ONLY.includes(to)) ? (
      <Link key={to} to={to} className={css.page} activeProps={{ className: css.here ?? '' }}>
        {text}
      </Link>
    ) : null;
  return (
    <nav aria-label={shell.navigation} className={css.pages}>
      {page('/instances', pages.instances)}
      {page('/bin', pages.bin)}
      {page('/refunds', pages.refunds)}
      {page('/accounts', pages.accounts)}
      {account !== null && may('read') && (
        <Link
          to="/accounts/$account"
          params={{ account }}
          className={css.page}
          activeProps={{ className: css.here ?? '' }}
        >
          {pages.account}
        </Link>
      )}
      {page('/requests', pages.requests)}
      <hr />
      {page('/terminations', pages.terminations)}
      {page('/policies', pages.policies)}
      {page('/attention', pages.attention, 'operate')}
      {page('/drift', pages.drift, 'operate')}
      {page('/audit', pages.audit, 'audit')}
      {page('/keys', pages.keys, 'keys')}
    </nav>
  );
}

function Who({ isLive }: { isLive: boolean }) {
  const { words, lang, choose } = useLanguage();
  const { account, name, sandbox, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    ['auto', words.shell.asTheSystem],
    ['light', words.shell.light],
    ['dark', words.shell.dark],
  ] as const;
  return (
    <div className={css.who}>
      <span className={css.live} data-live={isLive} title={isLive ? words.shell.live : words.shell.polling}>
        <VisuallyHidden>{isLive ? words.shell.live : words.shell.polling}</VisuallyHidden>
      </span>
      {sandbox && (
        <Tooltip label={words.shell.sandboxHint}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its hint comes on focus too */}
          <span className={`${css.chip} ${css.sandbox}`} tabIndex={0}>
            {words.shell.sandbox}
          </span>
        </Tooltip>
      )}
      <button
        type="button"
        className={css.chip}
        lang={lang === 'en' ? 'zh-CN' : 'en'}
        onClick={() => choose(lang === 'en' ? 'zh' : 'en')}
      >
        {lang === 'en' ? '中文' : 'English'}
      </button>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <button
            type="button"
            className={css.chip}
            aria-label={`${account ?? words.shell.allAccounts}: ${words.shell.user}`}
          >
            {account ?? words.shell.allAccounts}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{name}</Menu.Label>
          <Menu.Divider />
          <Menu.Label>{words.shell.colours}</Menu.Label>
          {schemes.map(([scheme, text]) => (
            <Menu.Item
              key={scheme}
              onClick={() => setColorScheme(scheme)}
              rightSection={colorScheme === scheme ? '✓' : null}
            >
              {text}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item component="a" href="/docs" target="_blank">
            {words.shell.docs}
          </Menu.Item>
          <Menu.Item onClick={() => void signOut()}>{words.shell.signOut}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

const TOLD_BEFORE_MS = 5 * 60_000;
/** What is answered that soon after it belongs to the page's first look. */
const USED_AFTER_MS = 60_000;

/** Who has used the page since it was said when the session ends is not told an end that is none. */
function useTrueEnd(left: number): void {
  const { stay, saidAt, isOver } = useSession();
  const isNear = !isOver && left > 0 && left < TOLD_BEFORE_MS;
  useEffect(() => {
    if (isNear && lastAnswered() > saidAt + USED_AFTER_MS) void stay();
  }, [isNear, stay, saidAt]);
}

/** The API is away; the session ends soon. */
function Notices() {
  const { words, lang } = useLanguage();
  const { expiresAt, idleAt, stay, renew } = useSession();
  const lostSince = useLostSince();
  const left = Math.min(Date.parse(expiresAt), Date.parse(idleAt)) - useNow();
  // Its last end is not put off by using it.
  const isLastEnd = Date.parse(idleAt) >= Date.parse(expiresAt);
  useTrueEnd(left);
  return (
    <div className={css.notices} aria-live="polite">
      {lostSince !== null && (
        <p className={css.notice}>{words.states.offline(formatClock(lostSince, lang))}</p>
      )}
      {lostSince === null && left > 0 && left < TOLD_BEFORE_MS && (
        <p className={css.notice}>
          {words.session.endsIn(formatSpan(left, words))}
          <Button size="compact-sm" variant="default" onClick={() => (isLastEnd ? renew() : void stay())}>
            {isLastEnd ? words.session.renew : words.session.stay}
          </Button>
        </p>
      )}
    </div>
  );
}
