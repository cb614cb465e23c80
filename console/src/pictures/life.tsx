/** A life as one picture: what happened, where it stands, and the durable timers ahead. On a phone it stands upright. */
import { useElementSize } from '@mantine/hooks';
import type { TimelineAnswer } from '../../../contract/answers';
import type { Instance } from '../api/queries';
import { formatDay, formatSpan, formatTime } from '../parts/format';
import { useNow } from '../parts/now';
import { useLanguage } from '../words';
import css from './life.module.css';
import { type Fold, type LifeMarks, lifeMarks, type Mark, type Span } from './life-marks';
import { type Scale, spread, ticks } from './scale';

const GAP = 172;
const UPRIGHT_BELOW = 560;
const EDGE = 12;

interface LifeProps {
  instance: Instance;
  entries: readonly TimelineAnswer[];
}

export function Life({ instance, entries }: LifeProps) {
  const { words } = useLanguage();
  const { ref, width } = useElementSize();
  const now = useNow() + instance.ahead;
  const isUpright = width < UPRIGHT_BELOW;
  const room = isUpright ? 8 : Math.floor(width / GAP) + 1;
  const life = lifeMarks(instance, entries, words, room);
  return (
    <div ref={ref} className={css.life}>
      {width > 0 && isUpright && <Upright life={life} now={now} />}
      {width > 0 && !isUpright && <Level life={life} now={now} width={width - 2 * EDGE} />}
    </div>
  );
}

function Level({ life, now, width }: { life: LifeMarks; now: number; width: number }) {
  const { marks } = life;
  const last = marks.at(-1)?.at ?? now;
  const instants = marks.map(({ at }) => at);
  // What is over ends at its last mark, what waits for nothing goes on to now.
  const isOpen = life.spans.at(-1)?.phase !== 'gone' && last < now;
  const scale = spread(isOpen ? [...instants, now] : instants, width, GAP);
  return (
    <div className={css.level}>
      <svg className={css.drawing} width={width + 2 * EDGE} height={154} aria-hidden="true">
        <g transform={`translate(${EDGE} 0)`}>
          {life.spans.map((span) => (
            <Bar key={span.from} span={span} scale={scale} now={now} />
          ))}
          {life.folds.map((fold) => (
            <FoldedDot key={fold.at} fold={fold} scale={scale} />
          ))}
          {marks.map((mark) => (
            <Dot key={`${mark.at} ${mark.title}`} mark={mark} x={scale.x(mark.at)} />
          ))}
          <NowLine x={scale.x(now)} isShown={life.spans.at(-1)?.phase !== 'gone'} width={width} />
          <Axis scale={scale} width={width} />
        </g>
      </svg>
      <ol className={css.labels}>
        {marks.map((mark, index) => {
          const x = scale.x(mark.at);
          const next = marks[index + 1];
          const isLast = !next && x > width * 0.7;
          const style = isLast
            ? { right: width - x + EDGE - 8 }
            : { left: x + EDGE - 8, maxWidth: (next ? scale.x(next.at) : width + 40) - x - 8 };
          return (
            <li key={`${mark.at} ${mark.title}`} style={style} className={isLast ? css.atEnd : undefined}>
              <Label mark={mark} now={now} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Bar({ span, scale, now }: { span: Span; scale: Scale; now: number }) {
  const { words } = useLanguage();
  const from = scale.x(span.from);
  const to = scale.x(span.to ?? scale.end);
  if (span.phase === 'gone' || to <= from) return null;
  const past = Math.max(scale.x(Math.min(span.to ?? now, now)), from);
  const text = words.life.phases[span.phase];
  // The word gives way to the line of now.
  const nowX = scale.x(now);
  const textX = nowX >= from - 4 && nowX < from + text.length * 7 ? nowX + 8 : from;
  return (
    <>
      <rect x={from} y={42} width={to - from} height={14} rx={7} className={css[`${span.phase}Ahead`]} />
      <rect x={from} y={42} width={Math.max(past - from, 0)} height={14} rx={7} className={css[span.phase]} />
      {to - from > text.length * 7 && (
        <text x={textX} y={30}>
          {text}
        </text>
      )}
    </>
  );
}

function Dot({ mark: { entry }, x }: { mark: Mark; x: number }) {
  const tone = entry ? css.happened : css.waits;
  return <circle cx={x} cy={49} r={8} className={tone} />;
}

function FoldedDot({ fold: { at, count }, scale }: { fold: Fold; scale: Scale }) {
  const x = scale.x(at);
  return (
    <>
      <circle cx={x} cy={49} r={4} className={css.folded} />
      <text x={x} y={72} textAnchor="middle" className={css.small}>
        +{count}
      </text>
    </>
  );
}

/** Its word keeps clear of what stands over the bars. */
function NowLine({ x, isShown, width }: { x: number; isShown: boolean; width: number }) {
  const { words } = useLanguage();
  if (!isShown) return null;
  const anchor = x > width - 20 ? 'end' : 'middle';
  return (
    <>
      <path d={`M${x} 14V64`} className={css.now} />
      <text x={x} y={9} textAnchor={anchor} className={css.nowText}>
        {words.life.now}
      </text>
    </>
  );
}

function Axis({ scale, width }: { scale: Scale; width: number }) {
  const { lang } = useLanguage();
  const isShort = scale.end - scale.start < 2 * 86_400_000;
  const labels = ticks(scale, width, 110).map(({ x, at }) => ({
    x,
    text: isShort ? formatTime(at, lang) : formatDay(at, lang),
  }));
  return (
    <>
      <path d={`M0 128H${width}`} className={css.axis} />
      {labels.map(({ x, text }, index) =>
        text === labels[index - 1]?.text ? null : (
          <text key={x} x={x} y={148} textAnchor="middle" className={css.small}>
            {text}
          </text>
        ),
      )}
    </>
  );
}

function Label({ mark, now }: { mark: Mark; now: number }) {
  const { words, lang } = useLanguage();
  const { entry, at, title } = mark;
  if (entry)
    return (
      <>
        <strong>{title}</strong>
        <small>
          {formatTime(at, lang)} · {entry.by}
        </small>
      </>
    );
  return (
    <>
      <strong className={css.soon}>
        {at > now ? words.life.ahead(title, formatSpan(at - now, words)) : words.life.due(title)}
      </strong>
      <small>
        {formatTime(at, lang)} · {words.life.timer}
      </small>
    </>
  );
}

/** From the top: birth, what came of it, now, and what waits. */
function Upright({ life, now }: { life: LifeMarks; now: number }) {
  const { words } = useLanguage();
  const isOver = life.spans.at(-1)?.phase === 'gone';
  const before = life.marks.filter(({ entry }) => entry);
  const after = life.marks.filter(({ entry }) => !entry);
  const phaseAt = (at: number) => life.spans.findLast(({ from }) => from <= at)?.phase ?? 'living';
  return (
    <ol className={css.upright}>
      {before.map((mark) => (
        <li key={`${mark.at} ${mark.title}`} className={css[`from-${phaseAt(mark.at)}`]}>
          <Label mark={mark} now={now} />
        </li>
      ))}
      {!isOver && <li className={css.nowItem}>{words.life.now}</li>}
      {after.map((mark) => (
        <li key={`${mark.at} ${mark.title}`} className={css.aheadItem}>
          <Label mark={mark} now={now} />
        </li>
      ))}
    </ol>
  );
}
