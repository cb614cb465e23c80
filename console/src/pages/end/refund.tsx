/** What comes back: every line from paid to refunded, the right that it takes, and what waiting would do (001-24). */
import { NativeSelect } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { requestQuote } from '../../api/commands';
import { queries } from '../../api/queries';
import { useCommand } from '../../api/use-command';
import { Warnings } from '../../parts/blockers';
import { formatMoney } from '../../parts/format';
import { Sheet } from '../../parts/sheet';
import { Refusal } from '../../parts/states';
import { Waterfall } from '../../pictures/waterfall';
import { useLanguage, useWords } from '../../words';
import css from './end.module.css';
import { Onwards } from './onwards';
import { formOf, totalsOf } from './refund-form';
import { type Item, idsOf, type StepProps } from './search';

export function Refund(props: StepProps) {
  const { words, lang } = useLanguage();
  const { end } = words;
  const items = props.quote.items.filter(({ permitted }) => permitted);
  const totals = totalsOf(items).map(([currency, amount]) => formatMoney(amount, currency, lang));
  return (
    <>
      {items.length > 1 && <FiveDay {...props} items={items} />}
      {items.map((item) => (
        <RefundOf key={item.instanceId} item={item} isOpen={items.length < 4} />
      ))}
      {items.length > 1 && (
        <p className={css.total}>
          {end.total(items.length)} <strong>{totals.join(' · ')}</strong>
        </p>
      )}
      <Onwards {...props} isReady />
    </>
  );
}

function RefundOf({ item, isOpen }: { item: Item; isOpen: boolean }) {
  const { words, lang } = useLanguage();
  const { end } = words;
  const { instanceId, refund, warnings } = item;
  const amount = refund.amount ?? '0';
  return (
    <Sheet
      title={`${instanceId} · ${end.refundOf(words.refundKind[refund.kind])}`}
      note={formatMoney(amount, refund.currency, lang)}
    >
      <details open={isOpen}>
        <summary className={css.hidden}>{words.common.details}</summary>
        <div className={css.refund}>
          <Waterfall
            lines={refund.lines ?? []}
            total={{ label: end.comesBack, amount }}
            currency={refund.currency}
          />
          <div>
            <dl className={css.form}>
              <dt>{end.form}</dt>
              <dd>{formOf(item, words, lang)}</dd>
              <dt>{end.right}</dt>
              <dd>
                <RightUsed item={item} />
              </dd>
            </dl>
            <Warnings warnings={warnings} />
          </div>
        </div>
      </details>
    </Sheet>
  );
}

/** Which right it takes, and how many are left of it. */
function RightUsed({ item }: { item: Item }) {
  const words = useWords();
  const { data: instance } = useQuery(queries.instance(item.instanceId));
  const { data: account } = useQuery({
    ...queries.account(instance?.account ?? ''),
    enabled: instance !== undefined,
  });
  const rights = account?.rights.find(({ product }) => product === instance?.product);
  const { kind } = item.refund;
  if (kind === 'none' || !rights) return words.refundKind[kind];
  const right = kind === 'five-day' ? rights.fiveDay : rights.ordinary;
  const why = kind === 'five-day' ? words.end.fiveDayHere : words.end.fiveDayLeft(rights.fiveDay.left);
  return (
    <>
      {words.refundKind[kind]}, {words.end.left(right.left, right.limit)}
      <small>{why}</small>
    </>
  );
}

/** The one five-day right lies where it is worth most; it can be put elsewhere (E7). */
function FiveDay({ search, go, items }: StepProps & { items: readonly Item[] }) {
  const { end } = useWords();
  const cache = useQueryClient();
  const quoting = useCommand(requestQuote);
  const placed = items.find(({ refund }) => refund.kind === 'five-day');
  if (!placed) return null;
  const place = (fiveDayFor: string): void =>
    quoting.mutate(
      { action: search.action, instanceIds: idsOf(search), schedule: { mode: 'now' }, fiveDayFor },
      {
        onSuccess: (quote) => {
          cache.setQueryData(queries.quote(quote.id).queryKey, quote);
          go({ quote: quote.id });
        },
      },
    );
  return (
    <Sheet title={end.fiveDay}>
      <NativeSelect
        label={end.fiveDayFor}
        description={end.fiveDayWhy}
        value={placed.instanceId}
        disabled={quoting.isPending}
        onChange={({ currentTarget }) => place(currentTarget.value)}
        data={items.map(({ instanceId }) => instanceId)}
      />
      <Refusal error={quoting.error} />
    </Sheet>
  );
}
