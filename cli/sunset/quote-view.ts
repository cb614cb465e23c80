/**
 * A quote as people read it: what goes, what stays, what is paid back and why, and what stands against it.
 */
import type { QuoteAnswer, QuoteItemAnswer, RefundAnswer } from '../../contract/answers';
import type { Text } from '../../domain/text';
import { type TableCell, table } from './output';
import type { Session } from './session';
import { padded, when } from './text';

const PART_NAMES: Record<string, Text> = {
  instance: { en: 'instance', zh: '实例' },
  disk: { en: 'disk', zh: '磁盘' },
  address: { en: 'address', zh: 'IP' },
};

export function describeQuote(session: Session, quote: QuoteAnswer): string {
  const { say } = session;
  const head = say({
    en: `Rules ${quote.rulesVersion}; the quote ${quote.id} holds until ${when(quote.expiresAt)}.`,
    zh: `规则 ${quote.rulesVersion}；报价 ${quote.id} 有效期至 ${when(quote.expiresAt)}。`,
  });
  return [head, ...quote.items.map((item) => describeItem(session, item))].join('\n\n');
}

export function describeItem(session: Session, item: QuoteItemAnswer): string {
  const { say } = session;
  const verdict = item.permitted
    ? say({ en: 'permitted', zh: '可以执行' })
    : say({ en: 'blocked', zh: '被阻止' });
  const rows: TableCell[][] = [
    ...item.blockers.map(({ code, message, next }) => [
      say({ en: 'blocked', zh: '阻止' }),
      `${message} [${code}] → ${next}`,
    ]),
    ...(item.permitted ? outcomeRows(session, item) : []),
  ];
  return [
    `${item.instanceId}: ${verdict}`,
    ...rows.map(([name, text]) => `  ${padded(String(name), 10)}${text}`),
  ].join('\n');
}

function outcomeRows(
  session: Session,
  { instanceId, plan, refund, releaseTime, warnings }: QuoteItemAnswer,
): TableCell[][] {
  const { say } = session;
  const name = (kind: string): string => say(PART_NAMES[kind] ?? { en: kind, zh: kind });
  const kept = plan.retain.map(({ kind, id, reason, monthly }) => {
    const cost = monthly ? ` ${monthly.amount} ${monthly.currency}/${say({ en: 'month', zh: '月' })}` : '';
    return `${name(kind)} ${id}${cost} (${reason})`;
  });
  const runsOn = plan.terminate.length === 0;
  const fate: TableCell[][] = runsOn
    ? [
        [
          say({ en: 'stays', zh: '保留' }),
          say({
            en: `instance ${instanceId} with all its parts; it runs on`,
            zh: `实例 ${instanceId} 及其全部部件，继续运行`,
          }),
        ],
      ]
    : [
        [
          say({ en: 'goes', zh: '销毁' }),
          plan.terminate.map(({ kind, id }) => `${name(kind)} ${id}`).join(', '),
        ],
        [say({ en: 'stays', zh: '保留' }), kept.join(', ') || '–'],
        [say({ en: 'released', zh: '释放时间' }), when(releaseTime)],
      ];
  return [
    ...fate,
    ...refundRows(session, refund, runsOn ? RENEWALS : undefined),
    ...warnings.map(({ message }) => [say({ en: 'note', zh: '注意' }), message]),
  ];
}

/** `called`: instead of the kind's own name. */
function refundRows({ say }: Session, refund: QuoteItemAnswer['refund'], called?: Text): TableCell[][] {
  const { kind, amount, currency, parts, lines = [], fee } = refund;
  const label = say({ en: 'refund', zh: '退款' });
  if (kind === 'none' || !parts) return [[label, say({ en: 'none', zh: '无' })]];
  const split = `${say(REFUND_SOURCE_NAMES.cash)} ${parts.cash}, ${say(REFUND_SOURCE_NAMES.gift)} ${parts.gift}, ${say(REFUND_SOURCE_NAMES.income)} ${parts.income}`;
  const less = fee === undefined || fee === '0.00' ? '' : `; ${say({ en: 'fee', zh: '手续费' })} ${fee}`;
  return [
    [label, `${amount} ${currency}, ${say(called ?? REFUND_KIND_NAMES[kind])}: ${split}${less}`],
    ...lines.map((line): TableCell[] => ['', `${line.amount}  ${line.label}: ${line.formula}`]),
  ];
}

export const REFUND_SOURCE_NAMES: Record<'cash' | 'gift' | 'income', Text> = {
  cash: { en: 'cash', zh: '现金' },
  gift: { en: 'gift', zh: '赠送' },
  income: { en: 'income', zh: '收益转入' },
};

export const REFUND_KIND_NAMES: Record<'five-day' | 'ordinary', Text> = {
  'five-day': { en: 'five-day return', zh: '五天无理由退还' },
  ordinary: { en: 'ordinary return', zh: '普通自助退还' },
};

/** Action `return-renewals`: of the kinds it is an ordinary one, which tells a reader nothing. */
const RENEWALS: Text = { en: 'return of renewals', zh: '退还续费' };

/** What kind of refund it is called. */
export const nameOf = ({ action, kind }: Pick<RefundAnswer, 'action' | 'kind'>): Text =>
  action === 'return-renewals' ? RENEWALS : REFUND_KIND_NAMES[kind];

/** The lines of a refund, one below the other. */
export const linesTable = (
  { say }: Session,
  lines: { label: string; formula: string; amount: string }[],
): string =>
  table(
    [
      say({ en: 'amount', zh: '金额' }),
      say({ en: 'line', zh: '项目' }),
      say({ en: 'calculation', zh: '计算' }),
    ],
    lines.map(({ amount, label, formula }) => [amount, label, formula]),
    '  ',
  );
