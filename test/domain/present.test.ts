import { SENTENCES, WARNING_SENTENCES, warningSentence } from '../../contract/blockers';
import { presentQuoteItem } from '../../contract/present';
import { quoteOffline } from '../../domain/offline';
import { LANGS } from '../../domain/text';
import type { NumberedWarning, WarningCode } from '../../domain/warnings';
import { tencentCvm } from '../../policies/tencent-cvm';
import { hoursIn, order, prices, registration } from '../fixtures/domain';

const instance = {
  id: 'ins-1',
  ...registration({ orders: [order()], addresses: [{ id: 'ip1', kind: 'elastic', month: '3' }] }),
};
const base = {
  instance,
  action: 'return',
  schedule: { mode: 'now' },
  at: hoursIn(48),
  returnsSoFar: { fiveDay: 1, ordinary: 0 },
  policy: tencentCvm,
} as const;

describe('a quote item as callers see it', () => {
  it('has every field of the contract', () => {
    expect(presentQuoteItem(quoteOffline(base), 'en')).toEqual({
      instanceId: 'ins-1',
      permitted: true,
      blockers: [],
      warnings: tencentCvm.notices.map(({ code, message }) => ({ code, message: message.en })),
      plan: {
        terminate: [{ kind: 'instance', id: 'ins-1' }],
        retain: [
          {
            kind: 'address',
            id: 'ip1',
            reason: 'Elastic IPs are kept and go on costing.',
            monthly: { currency: 'CNY', amount: '3.00' },
          },
        ],
      },
      refund: {
        kind: 'ordinary',
        currency: 'CNY',
        amount: '387.80',
        parts: { cash: '387.80', gift: '0.00', income: '0.00' },
        lines: [
          {
            label: 'Paid for the order in force (o1), without its voucher of 100',
            formula: '407.96',
            amount: '407.96',
          },
          { label: 'Used host, part month', formula: '−48 h × 0.42', amount: '-20.16' },
          { label: 'Used network', formula: '0', amount: '0.00' },
        ],
        fee: '0.00',
      },
      releaseTime: hoursIn(48 + 7 * 24),
    });
  });

  it('speaks Chinese', () => {
    const item = presentQuoteItem(quoteOffline({ ...base, returnsSoFar: { fiveDay: 1, ordinary: 3 } }), 'zh');
    expect(item.blockers).toEqual([
      {
        code: 'QUOTA_USED',
        message: '该账号已使用完包年包月自助退还的限额。',
        next: '实例到期后会自动销毁。',
      },
    ]);
  });

  it('a blocked item has no amount, parts, lines or fee', () => {
    const { refund, permitted } = presentQuoteItem(
      quoteOffline({ ...base, returnsSoFar: { fiveDay: 1, ordinary: 3 } }),
      'en',
    );
    expect(permitted).toBe(false);
    expect(refund).toEqual({ kind: 'ordinary', currency: 'CNY' });
  });

  it.each([
    ['CNY', '0.00'],
    ['JPY', '0'],
    ['KWD', '0.000'],
  ])('nothing to pay back in %s is %s everywhere', (currency, zero) => {
    const postpaid = { id: 'p', ...registration({ billing: 'postpaid', prices: prices({ currency }) }) };
    const { refund } = presentQuoteItem(
      quoteOffline({ ...base, instance: postpaid, action: 'terminate' }),
      'en',
    );
    expect(refund).toEqual({
      kind: 'none',
      currency,
      amount: zero,
      parts: { cash: zero, gift: zero, income: zero },
      lines: [],
      fee: zero,
    });
  });

  it('without prices there is no currency, and zero is still written out', () => {
    const postpaid = { id: 'p', ...registration({ billing: 'postpaid', prices: undefined }) };
    const { refund } = presentQuoteItem(
      quoteOffline({ ...base, instance: postpaid, action: 'terminate' }),
      'en',
    );
    expect(refund).toMatchObject({ kind: 'none', currency: null, amount: '0.00', fee: '0.00' });
  });

  it('never leaves a sentence as an object of languages', () => {
    for (const lang of LANGS) {
      expect(
        JSON.stringify(presentQuoteItem(quoteOffline({ ...base, at: hoursIn(29 * 24) }), lang)),
      ).not.toContain('"zh"');
    }
  });
});

describe('E8 messages', () => {
  it('E8 every code has a sentence and a next step in both languages', () => {
    for (const { message, next } of Object.values(SENTENCES)) {
      for (const text of [message, next]) {
        expect(text.en).toMatch(/[.]$/);
        expect(text.zh).toMatch(/\p{Script=Han}.*。$/u);
      }
    }
    const money = { amount: '1.00', currency: 'CNY' };
    const each: { [Code in WarningCode]: Extract<NumberedWarning, { code: Code }> } = {
      WAITING_PAYS_MORE: { code: 'WAITING_PAYS_MORE', at: 'T', ...money },
      WAITING_PAYS_LESS: { code: 'WAITING_PAYS_LESS', at: 'T', after: money },
      REFUND_IS_ZERO: { code: 'REFUND_IS_ZERO' },
      CLIFF_AHEAD: { code: 'CLIFF_AHEAD', at: 'T', from: money },
      HOURS_STOPPED: { code: 'HOURS_STOPPED', at: 'T', ...money },
      DISK_NOT_KEPT: { code: 'DISK_NOT_KEPT', disks: ['disk-1', 'disk-2'] },
    };
    for (const code of Object.keys(WARNING_SENTENCES) as WarningCode[]) {
      const text = warningSentence(each[code]);
      expect(text.en).toMatch(/[.]$/);
      expect(text.zh).toMatch(/。$/);
    }
  });
});
