import { useLanguage } from '../words';
import { formatMoney } from './format';

/** Every number has its currency. */
export function Money({ amount, currency }: { amount: string; currency: string | null }) {
  const { lang } = useLanguage();
  return <span className="num">{formatMoney(amount, currency, lang)}</span>;
}
