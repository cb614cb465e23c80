/** All that the amount depends on, as it was then, and the same sum done again just now. */
import type { RefundDetailAnswer } from '../../../../contract/answers';
import { formatMoney } from '../../parts/format';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { useLanguage } from '../../words';
import css from './refund.module.css';

export function Calculation({ refund }: { refund: RefundDetailAnswer }) {
  const { words, lang } = useLanguage();
  const said = words.refunds;
  const { calculation, currency } = refund;
  const { rebuilt, asOf, policyId, priceVersion, cells, knobs, orders } = calculation;
  return (
    <Sheet
      title={said.calculation}
      note={
        <Tag tone={rebuilt.matches ? 'moss' : 'ember'}>{rebuilt.matches ? said.matches : said.differs}</Tag>
      }
    >
      <dl className={css.inputs}>
        <dt>{said.instant}</dt>
        <dd>
          <Time at={asOf} />
        </dd>
        <dt>{said.policy}</dt>
        <dd>
          <code>{policyId}</code>
        </dd>
        <dt>{said.prices}</dt>
        <dd>{priceVersion ?? words.common.none}</dd>
        <dt>{said.orders}</dt>
        <dd>
          {orders.map(({ id, kind, startsAt, endsAt }) => (
            <div key={id}>
              {id} · {words.orderKind[kind]} · <Time at={startsAt} /> – <Time at={endsAt} />
            </div>
          ))}
        </dd>
        <dt>{said.cells}</dt>
        <dd>
          {cells.map(({ orderId, source, amount }) => (
            <div key={`${orderId} ${source}`}>
              {orderId} · {words.source[source]} · {formatMoney(amount, currency, lang)}
            </div>
          ))}
        </dd>
        <dt>{said.knobs}</dt>
        <dd>
          <details>
            <summary>{words.common.details}</summary>
            {Object.entries(knobs).map(([name, value]) => (
              <div key={name}>
                <code>{name}</code> {plainly(value)}
              </div>
            ))}
          </details>
        </dd>
      </dl>
    </Sheet>
  );
}

const plainly = (value: unknown): string => {
  if (value === null) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
