/** Every step of the life, refusals too: what the picture leaves out is here. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { TimelineAnswer } from '../../../../contract/answers';
import { queries } from '../../api/queries';
import { type Column, Rows } from '../../parts/rows';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { titleOf } from '../../pictures/life-marks';
import { useWords, type Words } from '../../words';

export function Steps({ id }: { id: string }) {
  const words = useWords();
  const { common, instance } = words;
  const steps = useInfiniteQuery(queries.timeline(id));
  const entries = steps.data ?? [];
  const columns: Column<TimelineAnswer>[] = [
    { head: common.time, cell: (entry) => <When entry={entry} /> },
    { head: instance.what, cell: (entry) => <What entry={entry} /> },
    { head: instance.fromTo, cell: ({ from, to }) => statesOf(from, to, words) },
    { head: common.by, cell: ({ by }) => by },
  ];
  return (
    <Sheet title={instance.steps} note={instance.stepsNote(entries.length)}>
      <Rows
        label={instance.steps}
        items={entries.toReversed()}
        columns={columns}
        keyOf={({ step, recordedAt, command }) => `${step} ${recordedAt} ${command}`}
      />
    </Sheet>
  );
}

/** The promised instant, and when it was carried out where that was later (L12). */
function When({ entry: { effectiveAt, carriedOutAt } }: { entry: TimelineAnswer }) {
  const { instance } = useWords();
  return (
    <span>
      <Time at={effectiveAt} />
      {carriedOutAt && (
        <small>
          {instance.late} <Time at={carriedOutAt} />
        </small>
      )}
    </span>
  );
}

function What({ entry }: { entry: TimelineAnswer }) {
  const words = useWords();
  const { outcome, code, details } = entry;
  return (
    <span>
      {titleOf(entry, words)}{' '}
      {outcome === 'refused' && <Tag tone="amber">{`${words.instance.refused} ${code ?? ''}`}</Tag>}
      {typeof details?.reason === 'string' && <small>“{details.reason}”</small>}
    </span>
  );
}

const statesOf = (from: string | null, to: string, words: Words): string =>
  from === null || from === to ? stateName(to, words) : `${stateName(from, words)} → ${stateName(to, words)}`;

const stateName = (state: string, words: Words): string => {
  const known: Readonly<Record<string, string>> = words.state;
  return known[state] ?? state;
};
