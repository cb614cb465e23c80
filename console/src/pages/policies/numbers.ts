/** The numbers that the playground lets one change, and the rules with them. */
import type { PolicyAnswer } from '../../../../contract/policies';

export interface Numbers {
  /** Prices of the examples; the rest are the product's own rules. */
  hour: string;
  month: string;
  rate6: string;
  rate12: string;
  fee: string;
  networkUsage: PolicyAnswer['knobs']['networkUsage'];
  capPartMonth: boolean;
}

const DECIMAL = /^\d{1,9}(\.\d{1,10})?$/;
const rateOf = ({ returns }: PolicyAnswer, months: number): string =>
  returns?.discounts.find((one) => one.months === months)?.rate ?? '1';

const priceOf = ({ examples }: PolicyAnswer, name: 'hour' | 'month'): string => {
  const found = examples
    .map(({ instance }) => instance.prices?.[name])
    .find((price) => typeof price === 'string');
  return found ?? '0';
};

/** As the product has them. */
export const asWritten = (policy: PolicyAnswer): Numbers => ({
  hour: priceOf(policy, 'hour'),
  month: priceOf(policy, 'month'),
  rate6: rateOf(policy, 6),
  rate12: rateOf(policy, 12),
  fee: policy.returns?.promotionFeeRate ?? '0',
  networkUsage: policy.knobs.networkUsage,
  capPartMonth: policy.knobs.capPartMonth,
});

export const isSound = ({ hour, month, rate6, rate12, fee }: Numbers): boolean =>
  [hour, month].every((one) => DECIMAL.test(one)) &&
  [rate6, rate12, fee].every((one) => DECIMAL.test(one) && Number(one) > 0 && Number(one) <= 1);

/** The same rules and examples, with other numbers. */
export function withNumbers(policy: PolicyAnswer, numbers: Numbers): PolicyAnswer {
  const { hour, month, rate6, rate12, fee, networkUsage, capPartMonth } = numbers;
  const rates: Record<number, string> = { 6: rate6, 12: rate12 };
  return {
    ...policy,
    knobs: { ...policy.knobs, networkUsage, capPartMonth },
    returns: policy.returns && {
      ...policy.returns,
      promotionFeeRate: fee,
      discounts: policy.returns.discounts.map((one) => ({ ...one, rate: rates[one.months] ?? one.rate })),
    },
    examples: policy.examples.map((example) => ({
      ...example,
      instance: withPrices(example.instance, hour, month),
    })),
  };
}

type Subject = PolicyAnswer['examples'][number]['instance'];

const withPrices = (instance: Subject, hour: string, month: string): Subject =>
  instance.prices ? { ...instance, prices: { ...instance.prices, hour, month } } : instance;
