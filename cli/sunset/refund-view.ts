/**
 * A refund as people read it: what became of it and why, and the whole sum, so that it can be done again by
 * hand.
 */
import type { CalculationAnswer, RefundDetailAnswer, RefundRequestAnswer } from '../../contract/answers';
import type { Text } from '../../domain/text';
import { describeProblem, type TableCell, table } from './output';
import { linesTable, nameOf, REFUND_SOURCE_NAMES } from './quote-view';
import type { Session } from './session';
import { padded, when } from './text';

type PricesAnswer = NonNullable<CalculationAnswer['prices']>;

const SOURCE_NAMES = ['cash', 'gift', 'income'] as const;

/** `request`: the one that the refund came by, if it needed approval. */
export function describeRefund(
  session: Session,
  refund: RefundDetailAnswer,
  request: RefundRequestAnswer | undefined,
): string {
  const { say } = session;
  const { calculation, reversal, progress, entries } = refund;
  const back = entries.filter(({ transactionId }) => transactionId === reversal?.transactionId);
  const sections: [Text, string][] = [
    [
      { en: 'What keeps it back', zh: '未付款原因' },
      refund.problem ? indented(describeProblem(refund.problem, session)) : '',
    ],
    [{ en: 'Who asked, and who decided', zh: '申请与审批' }, request ? reviewOf(session, request) : ''],
    [
      { en: 'Who undid it', zh: '撤销' },
      reversal ? `  ${when(reversal.at)}  ${reversal.by}: ${reversal.reason}` : '',
    ],
    [{ en: 'What it was computed from', zh: '计算依据' }, inputsOf(session, calculation)],
    [
      { en: 'How it was computed', zh: '计算过程' },
      `${linesTable(session, calculation.rebuilt.lines)}\n  ${againOf(session, refund)}`,
    ],
    [{ en: 'How it is split', zh: '金额拆分' }, splitOf(session, refund)],
    [
      { en: 'How it went', zh: '进度' },
      progress.map(({ status, at }) => `  ${when(at)}  ${status}`).join('\n'),
    ],
    [
      { en: 'How it is booked', zh: '记账' },
      postingsOf(
        session,
        entries.filter((entry) => !back.includes(entry)),
      ),
    ],
    [{ en: 'How it is taken back', zh: '冲正' }, back.length ? postingsOf(session, back) : ''],
  ];
  return [
    headOf(session, refund),
    ...sections.flatMap(([title, text]) => (text ? [`${say(title)}\n${text}`] : [])),
  ].join('\n\n');
}

const indented = (text: string): string => text.replace(/^/gm, '  ');

function headOf(
  { say }: Session,
  { instanceId, account, amount, currency, action, kind, status, parts, fee }: RefundDetailAnswer,
): string {
  const name = say(nameOf({ action, kind }));
  const split = SOURCE_NAMES.map((source) => `${say(REFUND_SOURCE_NAMES[source])} ${parts[source]}`).join(
    ', ',
  );
  return [
    `${instanceId}: ${amount} ${currency}, ${name}, ${status}`,
    `${say({ en: 'account', zh: '账号' })} ${account}: ${split}; ${say({ en: 'fee', zh: '手续费' })} ${fee}`,
  ].join('\n');
}

/** Who asked and who decided, each with the reason. */
export function reviewOf(
  { say }: Session,
  { id, requestedBy, requestedAt, reason, decision, status }: RefundRequestAnswer,
): string {
  const decided =
    status === 'denied' ? say({ en: 'denied', zh: '拒绝' }) : say({ en: 'approved', zh: '批准' });
  return [
    `  ${when(requestedAt)}  ${requestedBy} ${say({ en: 'asked', zh: '申请' })}: ${reason} (${id})`,
    decision
      ? `  ${when(decision.at)}  ${decision.by} ${decided}: ${decision.reason}`
      : say({ en: '  nobody has decided yet', zh: '  尚未审批' }),
  ].join('\n');
}

function inputsOf(session: Session, calculation: CalculationAnswer): string {
  const { say } = session;
  const { asOf, action, assisted, policyId, knobs, prices, network, orders } = calculation;
  const assistance = assisted ? say({ en: ', approved by an operator', zh: '，经运营人员审批' }) : '';
  const rows: [Text, string][] = [
    [{ en: 'as of', zh: '计算时点' }, when(asOf)],
    [{ en: 'action', zh: '操作' }, `${action}${assistance}`],
    [{ en: 'rules', zh: '规则' }, policyId],
    [
      { en: 'knobs', zh: '策略参数' },
      Object.entries(knobs)
        .map(([name, value]) => `${name} ${knobOf(value)}`)
        .join(', '),
    ],
    [{ en: 'prices', zh: '价格' }, prices ? pricesInWords(session, prices) : '–'],
    [{ en: 'network', zh: '网络' }, networkOf(session, network)],
  ];
  const ofTheirOwn = orders.flatMap((order) =>
    order.prices
      ? [`  ${say({ en: 'prices of', zh: '订单价格' })} ${order.id}: ${pricesInWords(session, order.prices)}`]
      : [],
  );
  return [
    ...rows.map(([name, text]) => `  ${padded(say(name), 10)}${text}`),
    '',
    ordersTable(session, orders),
    ...ofTheirOwn,
  ].join('\n');
}

/** A knob by currency as `CNY 1000 JPY 20000`. */
const knobOf = (value: CalculationAnswer['knobs'][string]): string =>
  typeof value === 'object' && value !== null ? Object.entries(value).flat().join(' ') : String(value ?? '–');

function pricesInWords(
  { say }: Session,
  { version, currency, month, hour, discounts }: PricesAnswer,
): string {
  const hourly =
    typeof hour === 'string'
      ? hour
      : hour?.map(({ upToHours, price }) => tierOf(price, upToHours)).join(' → ');
  const rates = discounts?.map(({ months, rate }) =>
    say({ en: `× ${rate} from ${months} months`, zh: `满 ${months} 个月 × ${rate}` }),
  );
  const rules = say({ en: 'those of the rules', zh: '按规则' });
  const discount = rates ? rates.join(', ') || say({ en: 'none', zh: '无' }) : rules;
  return say({
    en: `version ${version}: ${month ?? '–'} ${currency} a month, ${hourly ?? '–'} ${currency} an hour; discounts: ${discount}`,
    zh: `版本 ${version}：每月 ${month ?? '–'} ${currency}，每小时 ${hourly ?? '–'} ${currency}；折扣：${discount}`,
  });
}

/** Tiers restart with each part month (M3). */
const tierOf = (price: string, upToHours: number | undefined): string =>
  upToHours === undefined ? price : `${price} (≤ ${upToHours} h)`;

function networkOf({ say }: Session, network: CalculationAnswer['network']): string {
  const { billing, hour, month } = network;
  const rates = say({
    en: `${hour ?? '–'} an hour, ${month ?? '–'} a month`,
    zh: `每小时 ${hour ?? '–'}，每月 ${month ?? '–'}`,
  });
  if (billing === 'bandwidth') return say({ en: `by bandwidth: ${rates}`, zh: `按带宽计费：${rates}` });
  if (network.switchedToTrafficAt === undefined) return say({ en: 'by traffic', zh: '按流量计费' });
  const since = when(network.switchedToTrafficAt);
  return say({
    en: `by traffic since ${since}; before by bandwidth: ${rates}`,
    zh: `自 ${since} 起按流量计费，此前按带宽计费：${rates}`,
  });
}

function ordersTable({ say }: Session, orders: CalculationAnswer['orders']): string {
  const head: Text[] = [
    { en: 'order', zh: '订单' },
    { en: 'kind', zh: '类型' },
    { en: 'channel', zh: '渠道' },
    { en: 'starts', zh: '开始' },
    { en: 'ends', zh: '结束' },
    REFUND_SOURCE_NAMES.cash,
    REFUND_SOURCE_NAMES.gift,
    REFUND_SOURCE_NAMES.income,
    { en: 'voucher', zh: '代金券' },
    { en: 'over since', zh: '终止于' },
  ];
  const rows = orders.map(({ id, kind, channel, startsAt, endsAt, paid, closedAt, endedAt }): TableCell[] => {
    const sources = [paid.cash, paid.gift, paid.income, paid.voucher];
    return [id, kind, channel, when(startsAt), when(endsAt), ...sources, when(closedAt ?? endedAt)];
  });
  return table(head.map(say), rows, '  ');
}

/** Whether the sum done again comes to what is kept. */
function againOf({ say }: Session, { amount, fee, currency, calculation }: RefundDetailAnswer): string {
  const { rebuilt } = calculation;
  if (rebuilt.matches) {
    return say({
      en: `computed again just now: ${rebuilt.amount} ${currency}, the same`,
      zh: `刚刚重新计算：${rebuilt.amount} ${currency}，结果一致`,
    });
  }
  const again = say({
    en: `WARNING: computed again just now: ${rebuilt.amount} ${currency}, fee ${rebuilt.fee}.`,
    zh: `警告：刚刚重新计算的结果为 ${rebuilt.amount} ${currency}，手续费 ${rebuilt.fee}。`,
  });
  const kept = say({
    en: `What is kept is ${amount} ${currency}, fee ${fee}, or is split otherwise: npm run audit names what differs`,
    zh: `保存的金额为 ${amount} ${currency}，手续费 ${fee}，或其拆分不同：请运行 npm run audit 查明差异`,
  });
  return `${again}\n  ${kept}`;
}

/** What comes back out of which order and source, and the fee that is taken of it. */
function splitOf({ say }: Session, { amount, fee, calculation }: RefundDetailAnswer): string {
  const cells = calculation.cells.map((cell): TableCell[] => [
    cell.amount,
    cell.orderId,
    say(REFUND_SOURCE_NAMES[cell.source]),
  ]);
  const feeRow: TableCell[] = [
    `-${fee}`,
    say({ en: 'fee', zh: '手续费' }),
    say({ en: 'cash first, then gift, then income', zh: '依次从现金、赠送、收益转入扣除' }),
  ];
  const head = [
    say({ en: 'amount', zh: '金额' }),
    say({ en: 'order', zh: '订单' }),
    say({ en: 'source', zh: '来源' }),
  ];
  const total: TableCell[] = [amount, say({ en: 'paid back', zh: '退款合计' }), ''];
  return table(head, [...cells, ...(Number(fee) === 0 ? [] : [feeRow]), total], '  ');
}

function postingsOf({ say }: Session, entries: RefundDetailAnswer['entries']): string {
  if (!entries.length) return say({ en: '  nothing is booked', zh: '  未记账' });
  const head = [
    say({ en: 'amount', zh: '金额' }),
    say({ en: 'from', zh: '自' }),
    say({ en: 'to', zh: '至' }),
  ];
  return table(
    head,
    entries.map((entry) => [entry.amount, entry.source, entry.destination]),
    '  ',
  );
}
