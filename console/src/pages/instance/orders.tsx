import type { Instance } from '../../api/queries';
import { formatMoney } from '../../parts/format';
import { type Column, Rows } from '../../parts/rows';
import { Sheet } from '../../parts/sheet';
import { Tag } from '../../parts/tags';
import { Time } from '../../parts/time';
import { PaidTime } from '../../pictures/paid-time';
import { useLanguage, useWords } from '../../words';

type Order = Instance['orders'][number];

const SOURCES = ['cash', 'gift', 'income', 'voucher'] as const;
const TONES = { 'in-force': 'dusk', future: 'moss', ended: 'plain', closed: 'plain' } as const;

/** Paid time: each order from its start to its end, and what it was paid with. */
export function Orders({ instance }: { instance: Instance }) {
  const words = useWords();
  const { orders, prices } = instance;
  if (orders.length === 0) return null;
  const columns: Column<Order>[] = [
    {
      head: words.instance.order,
      cell: ({ id, kind, channel }) => (
        <span>
          {id}
          <small>
            {words.orderKind[kind]}
            {channel !== 'standard' && ` · ${words.channel[channel]}`}
          </small>
        </span>
      ),
    },
    {
      head: words.instance.fromUntil,
      cell: ({ startsAt, endsAt }) => (
        <span>
          <Time at={startsAt} /> – <Time at={endsAt} />
        </span>
      ),
    },
    {
      head: words.instance.paid,
      cell: ({ paid, prices: own }) => <Paid paid={paid} currency={(own ?? prices)?.currency ?? null} />,
    },
    {
      head: words.common.status,
      isNumber: true,
      cell: ({ status }) => <Tag tone={TONES[status]}>{words.orderStatus[status]}</Tag>,
    },
  ];
  return (
    <Sheet title={words.instance.orders} note={words.instance.ordersNote}>
      <PaidTime orders={orders} ahead={instance.ahead} />
      <Rows label={words.instance.orders} items={orders} columns={columns} keyOf={({ id }) => id} />
    </Sheet>
  );
}

function Paid({ paid, currency }: { paid: Order['paid']; currency: string | null }) {
  const { words, lang } = useLanguage();
  const given = SOURCES.filter((source) => Number(paid[source]) !== 0);
  return given
    .map((source) => `${words.source[source]} ${formatMoney(paid[source], currency, lang)}`)
    .join(' · ');
}
