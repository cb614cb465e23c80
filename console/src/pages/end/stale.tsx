/** What was quoted is not so any more: what it was, what it is, side by side. Nothing has happened. */
import { Button } from '@mantine/core';
import type { ProblemAnswer } from '../../../../contract/answers';
import { Scroll } from '../../parts/scroll';
import { useWords } from '../../words';
import css from './end.module.css';

interface StaleProps {
  problem: ProblemAnswer;
  quoteAgain(): void;
  /** With those that have not changed. */
  goOn: (() => void) | undefined;
}

export function Stale({ problem, quoteAgain, goOn }: StaleProps) {
  const { end, common } = useWords();
  return (
    <div role="alert" className={css.stale}>
      <h3>{problem.title}</h3>
      <p>{end.staleLead}</p>
      <Scroll label={end.staleLead}>
        <table>
          <thead>
            <tr>
              <th scope="col">{common.instance}</th>
              <th scope="col">{end.field}</th>
              <th scope="col">{end.before}</th>
              <th scope="col">{end.after}</th>
            </tr>
          </thead>
          <tbody>
            {problem.changes?.map(({ instanceId, field, old, new: now }) => (
              <tr key={`${instanceId} ${field}`}>
                <td>{instanceId}</td>
                <td>{field}</td>
                <td>{plainly(old)}</td>
                <td>
                  <strong>{plainly(now)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <div className={css.buttons}>
        {goOn && (
          <Button variant="default" onClick={goOn}>
            {end.withoutThose}
          </Button>
        )}
        <Button onClick={quoteAgain}>{end.quoteAgain}</Button>
      </div>
    </div>
  );
}

const plainly = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
