/** The list that is confirmed: instance, network, region and zone, refund form and amount (001-24). */
import { useQueries } from '@tanstack/react-query';
import { type Instance, queries } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { type Column, Rows } from '../../parts/rows';
import { Time } from '../../parts/time';
import { type Lang, useLanguage, type Words } from '../../words';
import { FEW } from './chosen';
import css from './end.module.css';
import { formOf, totalsOf } from './refund-form';
import type { EndSearch, Item } from './search';

interface ConfirmTableProps {
  items: readonly Item[];
  search: EndSearch;
  /** Which, in which form and for how much: no more. */
  isShort?: boolean;
}

interface Row {
  item: Item;
  /** Missing while it is read, and of many. */
  instance: Instance | undefined;
}

export function ConfirmTable({ items, search, isShort = false }: ConfirmTableProps) {
  const { words, lang } = useLanguage();
  const { end } = words;
  const found = useQueries({
    queries: items.slice(0, FEW).map(({ instanceId }) => queries.instance(instanceId)),
  });
  const rows = items.map((item, index): Row => ({ item, instance: found[index]?.data }));
  const isRefund = search.action !== 'terminate';
  const columns = [
    ...(isShort ? shortFacts(words) : facts(words)),
    ...(isRefund ? money(words, lang) : [whenColumn(search, words)]),
  ];
  return (
    <>
      <Rows
        label={end.confirmList(items.length)}
        items={rows}
        columns={columns}
        keyOf={({ item }) => item.instanceId}
      />
      {isRefund && items.length > 1 && (
        <p className={css.total}>
          {end.total(items.length)}{' '}
          <strong>
            {totalsOf(items)
              .map(([currency, amount]) => formatMoney(amount, currency, lang))
              .join(' · ')}
          </strong>
        </p>
      )}
    </>
  );
}

const shortFacts = ({ common }: Words): Column<Row>[] => [
  {
    head: common.instance,
    cell: ({ item, instance }) => (
      <span>
        <strong>{item.instanceId}</strong>
        <small>{[instance?.name, instance?.type].filter(Boolean).join(' · ')}</small>
      </span>
    ),
  },
];

const facts = (words: Words): Column<Row>[] => [
  ...shortFacts(words),
  {
    head: words.facts.network,
    cell: ({ instance }) =>
      instance && (
        <span>
          {instance.network.billing === 'traffic' ? words.facts.byTraffic : words.facts.byBandwidth}
          <small>{instance.addresses.map(({ id }) => id).join(', ')}</small>
        </span>
      ),
  },
  {
    head: words.facts.region,
    cell: ({ instance }) =>
      instance && (
        <span>
          {instance.region}
          <small>{instance.zone}</small>
        </span>
      ),
  },
];

const money = (words: Words, lang: Lang): Column<Row>[] => [
  {
    head: words.end.form,
    cell: ({ item }) => (
      <span>
        {words.refundKind[item.refund.kind]}
        <small>{formOf(item, words, lang)}</small>
      </span>
    ),
  },
  {
    head: words.common.amount,
    isNumber: true,
    cell: ({ item: { refund } }) => (
      <strong>{formatMoney(refund.amount ?? '0', refund.currency, lang)}</strong>
    ),
  },
];

const whenColumn = ({ mode = 'now', at }: EndSearch, { end }: Words): Column<Row> => ({
  head: end.when,
  cell: ({ item }) => {
    const when = mode === 'timed' ? at : item.releaseTime;
    return (
      <span>
        {end.modes[mode].name}
        {mode !== 'now' && when && (
          <small>
            <Time at={when} />
          </small>
        )}
      </span>
    );
  },
});
