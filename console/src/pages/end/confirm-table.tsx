/** The list that is confirmed: instance, network, region and zone, refund form and amount (001-24). */
import { useQueries } from '@tanstack/react-query';
import { queries } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { Time } from '../../parts/time';
import { useLanguage } from '../../words';
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

export function ConfirmTable({ items, search, isShort = false }: ConfirmTableProps) {
  const { words, lang } = useLanguage();
  const { end, facts, common } = words;
  const found = useQueries({
    queries: items.slice(0, FEW).map(({ instanceId }) => queries.instance(instanceId)),
  });
  const isRefund = search.action !== 'terminate';
  return (
    <div className={css.scroll}>
      <table>
        <thead>
          <tr>
            <th scope="col">{common.instance}</th>
            {!isShort && <th scope="col">{facts.network}</th>}
            {!isShort && <th scope="col">{facts.region}</th>}
            <th scope="col">{isRefund ? end.form : end.when}</th>
            {isRefund && (
              <th scope="col" className="num">
                {common.amount}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {items.map((item, index) => {
            const instance = found[index]?.data;
            const { instanceId, refund } = item;
            return (
              <tr key={instanceId}>
                <td>
                  <strong>{instanceId}</strong>
                  <small className={css.block}>
                    {[instance?.name, instance?.type].filter(Boolean).join(' · ')}
                  </small>
                </td>
                {!isShort && (
                  <td>
                    {instance &&
                      (instance.network.billing === 'traffic' ? facts.byTraffic : facts.byBandwidth)}
                    <small className={css.block}>{instance?.addresses.map(({ id }) => id).join(', ')}</small>
                  </td>
                )}
                {!isShort && (
                  <td>
                    {instance?.region}
                    <small className={css.block}>{instance?.zone}</small>
                  </td>
                )}
                <td>
                  {isRefund ? (
                    <>
                      {words.refundKind[refund.kind]}
                      <small className={css.block}>{formOf(item, words, lang)}</small>
                    </>
                  ) : (
                    <WhenEnded search={search} item={item} />
                  )}
                </td>
                {isRefund && (
                  <td className="num">
                    <strong>{formatMoney(refund.amount ?? '0', refund.currency, lang)}</strong>
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
        {isRefund && items.length > 1 && (
          <tfoot>
            <tr>
              <td colSpan={isShort ? 2 : 4}>{end.total(items.length)}</td>
              <td className="num">
                <strong>
                  {totalsOf(items)
                    .map(([currency, amount]) => formatMoney(amount, currency, lang))
                    .join(' · ')}
                </strong>
              </td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function WhenEnded({ search: { mode = 'now', at }, item }: { search: EndSearch; item: Item }) {
  const { words } = useLanguage();
  const when = mode === 'timed' ? at : item.releaseTime;
  return (
    <>
      {words.end.modes[mode].name}
      {mode !== 'now' && when && (
        <small className={css.block}>
          <Time at={when} />
        </small>
      )}
    </>
  );
}
