/** What waiting does to a refund: straight between the steps, with its cliffs. */
import { useElementSize } from '@mantine/hooks';
import type { RefundCurveAnswer } from '../../../contract/answers';
import { formatDay, formatMoney } from '../parts/format';
import { useLanguage } from '../words';
import css from './curve.module.css';

type Point = RefundCurveAnswer['points'][number];
interface Placed extends Point {
  ms: number;
  /** null: blocked from here on. */
  value: number | null;
}

const HEIGHT = 186;
const TOP = 40;
const BOTTOM = 26;

export function Curve({ curve }: { curve: RefundCurveAnswer }) {
  const { words } = useLanguage();
  const { ref, width } = useElementSize();
  return (
    <div ref={ref} className={css.curve} role="img" aria-label={words.curve.label}>
      {width > 0 && <Drawing curve={curve} width={width} />}
    </div>
  );
}

function Drawing({ curve, width }: { curve: RefundCurveAnswer; width: number }) {
  const { lang, words } = useLanguage();
  const points: Placed[] = curve.points.map((point) => ({
    ...point,
    ms: Date.parse(point.at),
    value: point.amount === undefined ? null : Number(point.amount),
  }));
  const drawn = points.filter((point): point is Placed & { value: number } => point.value !== null);
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (!first || !last) return null;
  const highest = Math.max(...drawn.map(({ value }) => value), 1);
  const x = (ms: number): number => ((ms - first.ms) / Math.max(last.ms - first.ms, 1)) * (width - 16) + 8;
  const y = (value: number): number => HEIGHT - BOTTOM - (value / highest) * (HEIGHT - TOP - BOTTOM);
  const line = drawn
    .map(({ ms, value }, index) => `${index ? 'L' : 'M'}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`)
    .join('');
  const base = HEIGHT - BOTTOM;
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true">
      <path d={`${line}L${x(last.ms)} ${base}L${x(first.ms)} ${base}Z`} className={css.area} />
      <path d={line} className={css.line} />
      <path d={`M0 ${base}H${width}`} className={css.axis} />
      <circle cx={x(first.ms)} cy={y(first.value)} r={5} className={css.here} />
      <text x={2} y={12} className={css.strong}>
        {words.curve.now}: {formatMoney(first.amount ?? '', curve.currency, lang)}
      </text>
      {(width < NARROW ? [] : peaks(drawn, x)).map(({ ms, value, amount }) => (
        <text key={ms} x={Math.min(Math.max(x(ms), 40), width - 40)} y={y(value) - 7} textAnchor="middle">
          {formatMoney(amount ?? '', curve.currency, lang)}
        </text>
      ))}
      {(width < NARROW ? [first, last] : [first, drawn[Math.floor(drawn.length / 2)]!, last]).map(
        ({ ms }) => (
          <text key={ms} x={x(ms)} y={HEIGHT - 8} textAnchor={anchorOf(ms, first.ms, last.ms)}>
            {formatDay(ms, lang)}
          </text>
        ),
      )}
    </svg>
  );
}

/** Narrower than this there is no room for numbers in the picture: the table has them. */
const NARROW = 420;

const anchorOf = (ms: number, first: number, last: number): 'start' | 'middle' | 'end' => {
  if (ms === first) return 'start';
  return ms === last ? 'end' : 'middle';
};

const APART = 92;

/** Where waiting pays more than a second before, as far as their numbers have room beside one another. */
function peaks<P extends Placed & { value: number }>(points: readonly P[], x: (ms: number) => number): P[] {
  const shown: P[] = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    const isPeak = before !== undefined && point.value > before.value;
    const clear = x(point.ms) - (shown.length ? x(shown.at(-1)!.ms) : -APART / 2) >= APART;
    if (isPeak && clear) shown.push(point);
  }
  return shown;
}
