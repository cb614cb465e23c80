import type { ReactNode } from 'react';
import css from './sheet.module.css';

/** One matter of a page: what it is, a note on it, and the matter. */
export function Sheet({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.sheet} aria-label={title}>
      <div className={css.head}>
        <h2>{title}</h2>
        {note && <small>{note}</small>}
      </div>
      {children}
    </section>
  );
}

/** Two sheets side by side where there is room. */
export const Pair = ({ children }: { children: ReactNode }) => <div className={css.pair}>{children}</div>;
