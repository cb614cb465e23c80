/** Every step of the life, refusals too: what the picture leaves out is here. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { TimelineAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { titleOf } from '../../pictures/life-marks';
import { useWords, type Words } from '../../words';
import css from './instance.module.css';

export function Steps({ id }: { id: string }) {
  const words = useWords();
  const steps = useInfiniteQuery(queries.timeline(id));
  const entries = steps.data ?? [];
  return (
    <Sheet title={words.instance.steps} note={words.instance.stepsNote(entries.length)}>
      <div className={css.scroll}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.common.time}</th>
              <th scope="col">{words.instance.what}</th>
              <th scope="col">{words.instance.fromTo}</th>
              <th scope="col">{words.common.by}</th>
            </tr>
          </thead>
          <tbody>
            {entries.toReversed().map((entry) => (
              <Step key={`${entry.step} ${entry.recordedAt}`} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </Sheet>
  );
}

function Step({ entry }: { entry: TimelineAnswer }) {
  const words = useWords();
  const { from, to, by, effectiveAt, carriedOutAt, outcome, code, details } = entry;
  return (
    <tr>
      <td>
        <Time at={effectiveAt} />
        {carriedOutAt && (
          <small className={css.note}>
            {words.instance.late('')}
            <Time at={carriedOutAt} />
          </small>
        )}
      </td>
      <td>
        {titleOf(entry, words)}{' '}
        {outcome === 'refused' && <Tag tone="amber">{`${words.instance.refused} ${code ?? ''}`}</Tag>}
        {typeof details?.reason === 'string' && <small className={css.note}>“{details.reason}”</small>}
      </td>
      <td>
        {from === null || from === to
          ? stateName(to, words)
          : `${stateName(from, words)} → ${stateName(to, words)}`}
      </td>
      <td>{by}</td>
    </tr>
  );
}

const stateName = (state: string, words: Words): string => {
  const known: Readonly<Record<string, string>> = words.state;
  return known[state] ?? state;
};
