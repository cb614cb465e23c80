import type { Instance } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { PaidTime } from '../../pictures/paid-time';
import { useLanguage, useWords } from '../../words';
import css from './instance.module.css';

const SOURCES = ['cash', 'gift', 'income', 'voucher'] as const;
const TONES = { 'in-force': 'dusk', future: 'moss', ended: 'plain', closed: 'plain' } as const;

/** Paid time: each order from its start to its end, and what it was paid with. */
export function Orders({ instance }: { instance: Instance }) {
  const words = useWords();
  const { orders, prices } = instance;
  if (orders.length === 0) return null;
  return (
    <Sheet title={words.instance.orders} note={words.instance.ordersNote}>
      <PaidTime orders={orders} ahead={instance.ahead} />
      <div className={css.scroll}>
        <table>
          <tbody>
            {orders.map(({ id, kind, status, channel, startsAt, endsAt, paid, prices: own }) => (
              <tr key={id}>
                <td>
                  {id}
                  <small className={css.note}>
                    {words.orderKind[kind]}
                    {channel !== 'standard' && ` · ${words.channel[channel]}`}
                  </small>
                </td>
                <td>
                  <Time at={startsAt} /> – <Time at={endsAt} />
                </td>
                <td>
                  <Paid paid={paid} currency={(own ?? prices)?.currency ?? null} />
                </td>
                <td className="num">
                  <Tag tone={TONES[status]}>{words.orderStatus[status]}</Tag>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Sheet>
  );
}

function Paid({ paid, currency }: { paid: Instance['orders'][number]['paid']; currency: string | null }) {
  const { words, lang } = useLanguage();
  const given = SOURCES.filter((source) => Number(paid[source]) !== 0);
  return given
    .map((source) => `${words.source[source]} ${formatMoney(paid[source], currency, lang)}`)
    .join(' · ');
}
