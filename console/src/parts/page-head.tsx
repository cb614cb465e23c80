import { type ReactNode, useEffect } from 'react';
import css from './page-head.module.css';

/** The page's name, a sentence about it, and what can be done with all of it. */
export function PageHead({ title, lead, actions }: { title: string; lead?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Sunset`;
  }, [title]);
  return (
    <div className={css.head}>
      <div className={css.text}>
        <h1>{title}</h1>
        {lead && <p className={css.lead}>{lead}</p>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </div>
  );
}
