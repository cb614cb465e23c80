/** What is refused at registration, with the pointer of every bad field; and what is read as what. */

import { issuesOf } from '../../contract/issues';
import { registrationSchema } from '../../contract/registration';
import { checkRegistration, parseRegistration } from '../../contract/registration-rules';
import type { Policy } from '../../domain/policy';
import { POLICIES, policyFor } from '../../policies';
import { order, postpaid, prepaid, purchase, renewal, upgrade } from './registrations';

const issues = (input: unknown, policies = POLICIES): string[] => {
  const parsed = parseRegistration(input, policies);
  return parsed.ok ? [] : parsed.issues.map((one) => `${one.pointer} ${one.code}`);
};
const withOrder = (fields: Record<string, unknown>) => ({ ...prepaid, orders: [order(fields)] });
const withPrices = (fields: Record<string, unknown>) => ({
  ...prepaid,
  prices: { ...prepaid.prices, ...fields },
});
const withPaid = (paid: unknown) => withOrder({ paid });

const past = { ...purchase, startsAt: '2020-11-01T00:00:00+08:00', endsAt: '2021-11-01T00:00:00+08:00' };
const isolated = {
  ...prepaid,
  state: 'isolated',
  cause: 'expiry',
  isolatedAt: '2021-11-01T00:00:00+08:00',
  purgeTime: '2199-01-01T00:00:00Z',
};

describe('what is accepted', () => {
  it('reads the contract’s example as it is', () => {
    expect(parseRegistration(prepaid, POLICIES)).toEqual({ ok: true, value: prepaid });
  });

  it('fills in what may be missing', () => {
    const { account, product, region } = prepaid;
    expect(registrationSchema.parse({ account, product, region, billing: 'postpaid' })).toEqual({
      account,
      product,
      region,
      billing: 'postpaid',
      state: 'running',
      monthlySettled: false,
      network: { billing: 'traffic' },
      orders: [],
      disks: [],
      addresses: [],
    });
    const { channel: _channel, ...plain } = purchase;
    const read = registrationSchema.parse({ ...prepaid, orders: [{ ...plain, paid: { cash: '1' } }] });
    expect(read.orders[0]).toMatchObject({
      channel: 'standard',
      paid: { cash: '1', gift: '0', income: '0', voucher: '0' },
    });
  });

  it.each<[string, unknown]>([
    ['a postpaid instance', postpaid],
    ['nothing paid at all', withPaid({})],
    ['unit prices of 0 with ten decimals', withPrices({ month: '0', hour: '0.0000000001' })],
    ['no discounts', withPrices({ discounts: [] })],
    ['hourly tiers', withPrices({ hour: [{ upToHours: 96, price: '0.42' }, { price: '0.21' }] })],
    ['a renewal and an upgrade', { ...prepaid, orders: [upgrade(), renewal(), purchase] }],
    ['an order with prices of its own', withOrder({ prices: prepaid.prices })],
    ['a JD instance without refunds and their prices', jd({})],
    ['L15: an expired one whose paid time is over', jd({ state: 'expired', orders: [past] })],
    ['L15: one in another system’s bin, with its orders or without', { ...isolated, orders: [past] }],
    ['L15: one that was returned there', { ...isolated, cause: 'return', power: 'stopped', orders: [] }],
    ['bandwidth', { ...prepaid, network: { billing: 'bandwidth', hour: '0.063' } }],
    [
      'a switch to traffic',
      {
        ...prepaid,
        network: { billing: 'traffic', hour: '0.063', switchedToTrafficAt: '2026-11-02T00:00:00Z' },
      },
    ],
    ['a leap day', { ...prepaid, startedAt: '2028-02-29T23:59:59.999999999-12:00' }],
    ['no seconds', { ...prepaid, startedAt: '2026-11-01T00:00+08:00' }],
    ['names in any script', { ...prepaid, name: '网站 1 🌇', account: '客户-1' }],
  ])('%s', (_, input) => {
    expect(issues(input)).toEqual([]);
  });
});

it('M30 every code beginning with X but the money of a union is refused, in orders too', () => {
  const refused = ['XXX', 'XTS', 'XAU', 'XAG', 'XPT', 'XPD', 'XDR', 'XBA', 'XBB', 'XBC', 'XBD', 'XSU', 'XUA'];
  for (const currency of refused)
    expect(issues(withPrices({ currency }))).toEqual(['/prices/currency UNKNOWN_CURRENCY']);
  const inOrder = withOrder({ prices: { ...prepaid.prices, currency: 'XAU' } });
  expect(issues(inOrder)).toEqual(['/orders/0/prices/currency UNKNOWN_CURRENCY']);
  for (const currency of ['XOF', 'XAF', 'XCD', 'XPF', 'CNY', 'JPY', 'KWD', 'CLF']) {
    expect(issues({ ...postpaid, prices: { version: '1', currency } })).toEqual([]);
  }
});

describe('M26 an order lasts at least a second', () => {
  const from = '2026-11-01T00:00:00.500+08:00';
  it.each([
    ['999 ms', '2026-11-01T00:00:01.499+08:00', ['/orders/0/endsAt ORDER_TOO_SHORT']],
    ['1 ms', '2026-10-31T16:00:00.501Z', ['/orders/0/endsAt ORDER_TOO_SHORT']],
    ['nothing', '2026-10-31T16:00:00.500Z', ['/orders/0/endsAt ENDS_BEFORE_START']],
    ['a second', '2026-11-01T00:00:01.500+08:00', []],
  ])('M26 %s', (_, endsAt, expected) => {
    expect(issues(withOrder({ startsAt: from, endsAt }))).toEqual(expected);
  });

  it('M26 so does an upgrade, here from 0.3 s before a month’s edge to 0.3 s after it', () => {
    const brief = upgrade({
      startsAt: '2026-11-30T23:59:59.700+08:00',
      endsAt: '2026-12-01T00:00:00.300+08:00',
    });
    expect(issues({ ...prepaid, orders: [purchase, brief] })).toEqual(['/orders/1/endsAt ORDER_TOO_SHORT']);
  });
});

function jd(fields: Record<string, unknown>) {
  const { month: _month, hour: _hour, ...prices } = prepaid.prices;
  return { ...prepaid, product: 'jd-vm', prices, ...fields };
}

describe('what is refused, field by field', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, [' MISSING']],
    ['an empty object', {}, ['/account MISSING', '/product MISSING', '/billing MISSING', '/region MISSING']],
    ['a list', [], [' WRONG_TYPE']],
    ['null', null, [' WRONG_TYPE']],
    ['unknown fields', { ...prepaid, foo: 1, 'a/b~c': 2 }, ['/foo UNKNOWN_FIELD', '/a~1b~0c UNKNOWN_FIELD']],
    ['an unknown field inside', withPaid({ cash: '1', coins: '1' }), ['/orders/0/paid/coins UNKNOWN_FIELD']],
    [
      '__proto__',
      JSON.parse('{"__proto__": {}, "account": "1"}'),
      ['/product MISSING', '/billing MISSING', '/region MISSING', '/__proto__ UNKNOWN_FIELD'],
    ],
    ['an unknown product', { ...prepaid, product: 'aws-ec2' }, ['/product UNKNOWN_PRODUCT']],
    ['a product that is no text', { ...prepaid, product: 5 }, ['/product WRONG_TYPE']],
    ['an account with a space', { ...prepaid, account: 'a b' }, ['/account NOT_VISIBLE']],
    ['an account of 129 characters', { ...prepaid, account: 'a'.repeat(129) }, ['/account NOT_VISIBLE']],
    ['an empty account', { ...prepaid, account: '' }, ['/account NOT_VISIBLE']],
    ['a name with a NUL', { ...prepaid, name: 'a\0b' }, ['/name NOT_TEXT']],
    ['half a surrogate pair', { ...prepaid, region: '\ud800' }, ['/region NOT_TEXT']],
    ['another billing', { ...prepaid, billing: 'spot' }, ['/billing NOT_ALLOWED']],
    ['a state of later', { ...prepaid, state: 'terminated' }, ['/state NOT_ALLOWED']],
    [
      'L15: an expired one with orders in force and to come',
      jd({ state: 'expired', orders: [purchase, renewal()] }),
      ['/orders/0/endsAt NOT_OVER', '/orders/1/endsAt NOT_OVER'],
    ],
    [
      'L15: one in the bin that does not say since when, why and until when',
      { ...prepaid, state: 'isolated' },
      ['/isolatedAt MISSING', '/cause MISSING', '/purgeTime MISSING'],
    ],
    [
      'L15: a bin’s facts of one that runs',
      { ...isolated, state: 'running', power: 'running' },
      [
        '/isolatedAt ONLY_ISOLATED',
        '/cause ONLY_ISOLATED',
        '/purgeTime ONLY_ISOLATED',
        '/power ONLY_ISOLATED',
      ],
    ],
    [
      'L15: isolated in the future',
      { ...isolated, cause: 'return', isolatedAt: '2198-01-01T00:00:00Z' },
      ['/isolatedAt IN_THE_FUTURE'],
    ],
    [
      'L15: a time in the bin that is over',
      { ...isolated, cause: 'return', purgeTime: '2021-12-01T00:00:00Z' },
      ['/purgeTime NOT_IN_FUTURE'],
    ],
    [
      'L15: a cause that leads into no bin',
      { ...isolated, cause: 'terminate', orders: [] },
      ['/cause NOT_ALLOWED'],
    ],
    [
      'L15: a bin that the product does not have',
      jd({ ...isolated, product: 'jd-vm', orders: [] }),
      ['/state STATE_NOT_OFFERED'],
    ],
    ['L15: expired with an order that goes on', isolated, ['/orders/0/endsAt NOT_OVER']],
    ['a switch that is no boolean', { ...prepaid, monthlySettled: 'no' }, ['/monthlySettled WRONG_TYPE']],
    ['an id with a slash', withOrder({ id: 'a/b' }), ['/orders/0/id NOT_AN_ID']],
    ['an id that is a step of a path', withOrder({ id: '..' }), ['/orders/0/id NOT_AN_ID']],
    ['months that are none', withOrder({ months: 0 }), ['/orders/0/months TOO_SMALL']],
    ['months beyond ten years', withOrder({ months: 121 }), ['/orders/0/months TOO_LARGE']],
    ['half a month', withOrder({ months: 1.5 }), ['/orders/0/months NOT_A_WHOLE_NUMBER']],
    ['months as text', withOrder({ months: '12' }), ['/orders/0/months WRONG_TYPE']],
    ['another channel', withOrder({ channel: 'friends' }), ['/orders/0/channel NOT_ALLOWED']],
    ['no payment', withOrder({ paid: undefined }), ['/orders/0/paid MISSING']],
  ])('%s', (_, input, expected) => {
    expect(issues(input)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['a number', 407.96],
    ['a negative amount', '-1'],
    ['an exponent', '1e3'],
    ['forty digits', '1'.repeat(40)],
    ['forty decimals', `0.${'1'.repeat(40)}`],
    ['a sign', '+1'],
    ['spaces', ' 1'],
    ['a line break', '1\n'],
    ['a comma', '1,00'],
    ['no digits before the point', '.5'],
    ['no digits after the point', '5.'],
    ['nothing', ''],
    ['not a number', 'NaN'],
    ['digits of another script', '１２'],
    ['null', null],
    ['an object', {}],
  ])('money: %s', (_, cash) => {
    expect(issues(withPaid({ cash }))).toEqual(['/orders/0/paid/cash NOT_MONEY']);
  });

  it.each<[string, unknown, string]>([
    ['30 February', '2026-02-30T00:00:00Z', 'IMPOSSIBLE_TIME'],
    ['29 February of a common year', '2027-02-29T00:00:00Z', 'IMPOSSIBLE_TIME'],
    ['month 13', '2026-13-01T00:00:00Z', 'IMPOSSIBLE_TIME'],
    ['24 o’clock', '2026-11-01T24:00:00Z', 'IMPOSSIBLE_TIME'],
    ['a leap second', '2026-11-01T23:59:60Z', 'IMPOSSIBLE_TIME'],
    ['an offset of a day', '2026-11-01T00:00:00+24:00', 'IMPOSSIBLE_TIME'],
    ['the year 1969', '1969-12-31T00:00:00Z', 'IMPOSSIBLE_TIME'],
    ['the year 9999', '9999-12-31T00:00:00Z', 'IMPOSSIBLE_TIME'],
    ['no offset', '2026-11-01T00:00:00', 'NOT_A_TIME'],
    ['a date only', '2026-11-01', 'NOT_A_TIME'],
    ['a number', 1_793_462_400_000, 'NOT_A_TIME'],
    ['words', 'tomorrow', 'NOT_A_TIME'],
    ['a year of six digits', '+012026-11-01T00:00:00Z', 'NOT_A_TIME'],
  ])('times: %s', (_, startedAt, code) => {
    expect(issues({ ...prepaid, startedAt })).toEqual([`/startedAt ${code}`]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['an unknown currency', { currency: 'ZZZ' }, ['/prices/currency UNKNOWN_CURRENCY']],
    ['M30 no currency at all', { currency: 'XXX' }, ['/prices/currency UNKNOWN_CURRENCY']],
    ['M30 a metal', { currency: 'XAU' }, ['/prices/currency UNKNOWN_CURRENCY']],
    ['a currency in small letters', { currency: 'cny' }, ['/prices/currency UNKNOWN_CURRENCY']],
    ['no version', { version: undefined }, ['/prices/version MISSING']],
    ['an hourly number', { hour: 0.42 }, ['/prices/hour WRONG_TYPE']],
    ['no tiers', { hour: [] }, ['/prices/hour TOO_SHORT']],
    [
      'tiers that fall',
      { hour: [{ upToHours: 9, price: '1' }, { upToHours: 9, price: '1' }, { price: '1' }] },
      ['/prices/hour/1/upToHours TIERS_NOT_ASCENDING'],
    ],
    [
      'a tier in between without limit',
      { hour: [{ price: '1' }, { price: '1' }] },
      ['/prices/hour/0/upToHours TIER_WITHOUT_LIMIT'],
    ],
    [
      'a last tier with a limit',
      { hour: [{ upToHours: 9, price: '1' }] },
      ['/prices/hour/0/upToHours LAST_TIER_LIMITED'],
    ],
    [
      'tiers of all kinds of wrong',
      { hour: [{ price: '1' }, { upToHours: 'x', price: '-1' }, 5, { upToHours: 3, price: '1' }] },
      [
        '/prices/hour/0/upToHours TIER_WITHOUT_LIMIT',
        '/prices/hour/1/price NOT_MONEY',
        '/prices/hour/1/upToHours WRONG_TYPE',
        '/prices/hour/2 WRONG_TYPE',
        '/prices/hour/2/upToHours TIER_WITHOUT_LIMIT',
        '/prices/hour/3/upToHours LAST_TIER_LIMITED',
      ],
    ],
    ['a bad price in a tier', { hour: [{ price: '-1' }] }, ['/prices/hour/0/price NOT_MONEY']],
    [
      'a discount of nothing',
      { discounts: [{ months: 6, rate: '0.00' }] },
      ['/prices/discounts/0/rate NOT_A_RATE'],
    ],
    [
      'a discount above one',
      { discounts: [{ months: 6, rate: '1.01' }] },
      ['/prices/discounts/0/rate NOT_A_RATE'],
    ],
    [
      'two discounts of the same months',
      {
        discounts: [
          { months: 6, rate: '0.9' },
          { months: 6, rate: '0.8' },
        ],
      },
      ['/prices/discounts/1/months DUPLICATE'],
    ],
  ])('prices: %s', (_, fields, expected) => {
    expect(issues(withPrices(fields)).sort()).toEqual(expected);
  });

  it('names every bad field at once, also those that only make no sense together', () => {
    const input = {
      ...prepaid,
      surprise: true,
      region: 5,
      state: 'expired',
      orders: [
        order({ paid: { cash: '1.234', voucher: '0.001' } }),
        renewal({ id: 'o1', startsAt: '2027-10-01T00:00:00+08:00' }),
      ],
      disks: [...prepaid.disks, { id: 'd1', kind: 'data', storage: 'cloud' }],
    };
    expect(issues(input).sort()).toEqual([
      '/disks/2/id DUPLICATE',
      '/orders/0/paid/cash TOO_MANY_DIGITS',
      '/orders/0/paid/voucher TOO_MANY_DIGITS',
      '/orders/1/id DUPLICATE',
      '/orders/1/startsAt ORDER_OVERLAP',
      '/region NOT_TEXT',
      '/state STATE_NOT_OFFERED',
      '/surprise UNKNOWN_FIELD',
    ]);
  });

  it('says what is missing also without the input at hand', () => {
    const { error } = registrationSchema.safeParse({ ...prepaid, account: undefined });
    expect(issuesOf(error!).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/account NOT_VISIBLE',
    ]);
    expect(issuesOf(error!, { ...prepaid, account: undefined })[0]).toMatchObject({
      code: 'MISSING',
      detail: 'is required',
      detailZh: '必填',
    });
  });
});

describe('what fields mean together', () => {
  const monthly = (product: string): Policy => ({
    ...policyFor(product)!,
    knobs: { ...policyFor(product)!.knobs, networkUsage: 'months-then-hourly' },
  });

  it.each<[string, unknown, string[]]>([
    [
      'postpaid with orders',
      { ...postpaid, orders: [purchase, renewal()] },
      ['/orders/0 NOT_FOR_POSTPAID', '/orders/1 NOT_FOR_POSTPAID'],
    ],
    ['prepaid without orders', { ...prepaid, orders: [] }, ['/orders TOO_SHORT']],
    [
      'prepaid with nothing but an upgrade',
      { ...prepaid, orders: [upgrade()] },
      ['/orders TOO_SHORT', '/orders/0/startsAt UPGRADE_OUTSIDE'],
    ],
    ['prepaid without prices', { ...prepaid, prices: undefined }, ['/prices MISSING']],
    ['refunds without a monthly price', withPrices({ month: undefined }), ['/prices/month PRICE_REQUIRED']],
    ['refunds without an hourly price', withPrices({ hour: undefined }), ['/prices/hour PRICE_REQUIRED']],
    [
      'an order’s own prices without them',
      withOrder({ prices: { version: '1', currency: 'CNY' } }),
      ['/orders/0/prices/month PRICE_REQUIRED', '/orders/0/prices/hour PRICE_REQUIRED'],
    ],
    [
      'another currency',
      withOrder({ prices: { ...prepaid.prices, currency: 'USD' } }),
      ['/orders/0/prices/currency OTHER_CURRENCY'],
    ],
    ['three decimals of a yuan', withPaid({ cash: '1.000' }), ['/orders/0/paid/cash TOO_MANY_DIGITS']],
    [
      'an order that ends where it starts',
      withOrder({ endsAt: purchase.startsAt }),
      ['/orders/0/endsAt ENDS_BEFORE_START'],
    ],
    [
      'M16: a gap',
      { ...prepaid, orders: [purchase, renewal({ startsAt: '2027-11-01T00:00:01+08:00' })] },
      ['/orders/1/startsAt ORDER_GAP'],
    ],
    [
      'M16: an overlap',
      { ...prepaid, orders: [renewal({ startsAt: '2027-10-31T23:59:59+08:00' }), purchase] },
      ['/orders/0/startsAt ORDER_OVERLAP'],
    ],
    [
      'M16: an upgrade before all',
      { ...prepaid, orders: [purchase, upgrade({ startsAt: '2026-10-31T00:00:00+08:00' })] },
      ['/orders/1/startsAt UPGRADE_OUTSIDE'],
    ],
    [
      'M16: an upgrade that is longer',
      { ...prepaid, orders: [purchase, renewal(), upgrade({ endsAt: '2028-11-01T00:00:00+08:00' })] },
      ['/orders/2/endsAt UPGRADE_TOO_LONG'],
    ],
    [
      'two addresses of one id',
      { ...prepaid, addresses: [...prepaid.addresses, { id: 'ip1', kind: 'public' }] },
      ['/addresses/1/id DUPLICATE'],
    ],
    [
      'an expired postpaid instance',
      { ...postpaid, product: 'jd-vm', state: 'expired' },
      ['/state STATE_NOT_OFFERED'],
    ],
    [
      'bandwidth without a price',
      { ...prepaid, network: { billing: 'bandwidth' } },
      ['/network/hour MISSING'],
    ],
    [
      'a switch to traffic without a price',
      { ...prepaid, network: { billing: 'traffic', switchedToTrafficAt: '2026-11-02T00:00:00Z' } },
      ['/network/hour NETWORK_PRICE_REQUIRED'],
    ],
  ])('%s', (_, input, expected) => {
    expect(issues(input)).toEqual(expected);
  });

  it('M4: whole months of bandwidth need its monthly price, where the policy counts them', () => {
    const registration = registrationSchema.parse({
      ...prepaid,
      network: { billing: 'bandwidth', hour: '0.063' },
    });
    expect(checkRegistration(registration, policyFor('tencent-cvm')!)).toEqual([]);
    expect(checkRegistration(registration, monthly('tencent-cvm'))).toMatchObject([
      { pointer: '/network/month' },
    ]);
  });

  it('money follows the currency’s own digits', () => {
    const inCurrency = (currency: string, cash: string) =>
      issues({ ...withPrices({ currency }), orders: [order({ paid: { cash } })] });
    expect(inCurrency('JPY', '178')).toEqual([]);
    expect(inCurrency('JPY', '178.5')).toEqual(['/orders/0/paid/cash TOO_MANY_DIGITS']);
    expect(inCurrency('KWD', '1.234')).toEqual([]);
  });
});
