/** What is there when the thing itself is not: loading, empty, failed. Each says what to do. */
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ProblemAnswer } from '../../../contract/answers';
import { Refused, Unreachable } from '../api/call';
import { useWords } from '../words';
import css from './states.module.css';

export const FirstLoad = () => (
  <div className={css.first} role="status" aria-label="Sunset">
    <Sun />
  </div>
);

/** The sign of the house: the sun on its horizon. */
export const Sun = () => (
  <svg width="26" height="20" viewBox="0 0 26 20" aria-hidden="true">
    <path d="M3 14a10 10 0 0 1 20 0" fill="none" stroke="var(--ember)" strokeWidth="2.4" />
    <path d="M0 18h26" stroke="var(--dusk)" strokeWidth="2.4" />
  </svg>
);

const LINES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** In the place and of the size of what is coming. */
export function Loading({ lines = 3 }: { lines?: number }) {
  const words = useWords();
  return (
    <div role="status" aria-label={words.states.loading} className={css.loading}>
      {LINES.slice(0, lines).map((line) => (
        <Skeleton key={line} height={18} />
      ))}
    </div>
  );
}

export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={css.empty}>
      <Sun />
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Another account's things are answered like missing ones: the page says the same of both. */
export function NothingHere() {
  const { states } = useWords();
  return (
    <Empty title={states.backTitle} action={<a href="/instances">{states.back}</a>}>
      {states.notFound}
    </Empty>
  );
}

/** What went wrong and what to do, in the API's own words where it has spoken. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { states } = useWords();
  if (error instanceof Refused && error.problem.status === 404) return <NothingHere />;
  return (
    <div role="alert" className={css.failed}>
      <ProblemText error={error} />
      {retry && (
        <Button variant="default" onClick={retry}>
          {states.retry}
        </Button>
      )}
    </div>
  );
}

/** The sentences of an error, without a frame of their own. */
function ProblemText({ error }: { error: unknown }) {
  const { states } = useWords();
  if (error instanceof Unreachable) return <p>{states.unreachable}</p>;
  if (!(error instanceof Refused))
    return (
      <>
        <h3>{states.broken}</h3>
        <p>{states.brokenLead}</p>
        <code>{String(error)}</code>
      </>
    );
  return <ProblemOf problem={error.problem} requestId={error.requestId} />;
}

interface ProblemOfProps {
  problem: Pick<ProblemAnswer, 'title' | 'detail' | 'next' | 'code' | 'errors'>;
  requestId?: string | null;
}

/** A problem in the API's words: what is wrong, and what to do. */
export function ProblemOf({ problem, requestId }: ProblemOfProps) {
  const { states, common } = useWords();
  const { title, detail, next, code, errors } = problem;
  return (
    <>
      <h3>{title}</h3>
      {detail.replace(/[.。]$/, '') !== title && <p>{detail}</p>}
      {errors.map(({ pointer, detail: said }) => (
        <p key={pointer}>
          <code>{pointer || '/'}</code> {said}
        </p>
      ))}
      <p>
        <strong>{common.whatNow}</strong> {next}
      </p>
      <small>
        <code>{code}</code>
        {requestId && ` · ${states.request} ${requestId}`}
      </small>
    </>
  );
}

/** A write that was refused, beside what was tried. */
export function Refusal({ error }: { error: Error | null }) {
  return error ? (
    <div role="alert" className={css.failed}>
      <ProblemText error={error} />
    </div>
  ) : null;
}
