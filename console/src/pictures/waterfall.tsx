/** From what was paid to what comes back: each line of the refund with its bar, in the order in which it is reckoned. */
import { formatMoney } from '../parts/format';
import { useLanguage } from '../words';
import css from './waterfall.module.css';

interface Line {
  label: string;
  formula: string;
  amount: string;
}

interface WaterfallProps {
  lines: readonly Line[];
  total: { label: string; note?: string; amount: string };
  currency: string | null;
}

export function Waterfall({ lines, total, currency }: WaterfallProps) {
  const steps = levels(lines);
  const highest = Math.max(...steps.flatMap(({ from, to }) => [from, to]), Number(total.amount), 0.01);
  const lowest = Math.min(...steps.map(({ to }) => to), 0);
  const share = (value: number): number => ((value - lowest) / (highest - lowest)) * 100;
  const bar = (from: number, to: number) => ({
    left: `${share(Math.min(from, to))}%`,
    width: `${Math.abs(share(to) - share(from))}%`,
  });
  return (
    <ol className={css.waterfall}>
      {steps.map(({ line, from, to }, index) => (
        <li key={index}>
          <Step {...line} currency={currency} tone={to > from ? 'more' : 'less'} style={bar(from, to)} />
        </li>
      ))}
      <li className={css.total}>
        <Step
          label={total.label}
          formula={total.note ?? ''}
          amount={total.amount}
          currency={currency}
          tone="back"
          style={bar(0, Number(total.amount))}
        />
      </li>
    </ol>
  );
}

/** Where each line begins and ends. Only for drawing: amounts are the API's. */
function levels(lines: readonly Line[]): { line: Line; from: number; to: number }[] {
  let level = 0;
  return lines.map((line) => {
    const from = level;
    level += Number(line.amount);
    return { line, from, to: level };
  });
}

interface StepProps extends Line {
  currency: string | null;
  tone: 'more' | 'less' | 'back';
  style: { left: string; width: string };
}

function Step({ label, formula, amount, currency, tone, style }: StepProps) {
  const { lang } = useLanguage();
  return (
    <>
      <span className={css.label}>
        {label}
        {formula && formula !== amount && <small>{formula}</small>}
      </span>
      <span className={css.track} aria-hidden="true">
        <span className={`${css.bar} ${css[tone]}`} style={style} />
      </span>
      <span className={css.amount}>{formatMoney(amount, currency, lang)}</span>
    </>
  );
}
