/**
 * To an instance's page, from a list: it goes there as the router's own link does, and is as cheap as a plain one,
 * since a list that is scrolled makes hundreds of them a second.
 */
import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { path } from '../api/call';

export function InstanceLink({ id, children }: { id: string; children: ReactNode }) {
  const router = useRouter();
  const to = { to: '/instances/$id', params: { id } } as const;
  const fetchPage = (): void => void router.preloadRoute(to);
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    // To another tab or window: the browser's affair.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate(to);
  };
  return (
    <a
      href={path`/instances/${id}`}
      data-cell="name"
      onClick={follow}
      onPointerEnter={fetchPage}
      onFocus={fetchPage}
    >
      {children}
    </a>
  );
}
