import { renewalPrices } from '../../domain/instance';
import { payFromBalances, renewalPrice } from '../../domain/pricing';
import { tencentCvm } from '../../policies/tencent-cvm';
import { facts, hoursIn, order, prices, upgrade } from '../fixtures/domain';

describe('the price of a renewal', () => {
  it('003-35, M2 months × monthly price × discount, rounded once', () => {
    expect(renewalPrice(12, prices(), facts(), tencentCvm)).toBe(50_796n);
    expect(renewalPrice(1, prices(), facts(), tencentCvm)).toBe(5100n);
    expect(renewalPrice(6, prices(), facts(), tencentCvm)).toBe(26_928n);
    expect(renewalPrice(3, prices({ month: '0.335', discounts: [] }), facts(), tencentCvm)).toBe(101n);
  });

  it('adds the bandwidth month; without one there is no price to give', () => {
    const bandwidth = (month?: string) => facts({ network: { billing: 'bandwidth', hour: '0.063', month } });
    expect(renewalPrice(12, prices(), bandwidth('20'), tencentCvm)).toBe(70_716n);
    expect(renewalPrice(12, prices(), bandwidth(), tencentCvm)).toBeUndefined();
    expect(renewalPrice(12, prices({ month: undefined }), facts(), tencentCvm)).toBeUndefined();
  });

  it('an upgrade’s prices count for later renewals', () => {
    const dear = prices({ month: '100' });
    expect(renewalPrices([order(), upgrade({ prices: dear })], hoursIn(13), facts())).toEqual(dear);
    expect(renewalPrices([order(), upgrade({ prices: dear })], hoursIn(11), facts())).toEqual(prices());
  });
});

describe('what pays for it', () => {
  it('gift, then income, then cash', () => {
    expect(payFromBalances(1000n, { cash: '100', gift: '3', income: '2.5' }, 'CNY')).toEqual({
      gift: '3.00',
      income: '2.50',
      cash: '4.50',
      voucher: '0',
    });
  });
  it('is undefined when the balances do not cover it; a negative balance pays nothing', () => {
    expect(payFromBalances(1000n, { cash: '4.49', gift: '3', income: '2.5' }, 'CNY')).toBeUndefined();
    expect(payFromBalances(1000n, { cash: '20', gift: '-5', income: '0' }, 'CNY')).toEqual({
      gift: '0.00',
      income: '0.00',
      cash: '10.00',
      voucher: '0',
    });
  });
});
