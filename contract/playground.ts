/** The rules of a product tried out in a browser: worked examples computed from the rules that they stand with. */
import { curveOffline, quoteOffline } from '../domain/offline';
import type { Policy } from '../domain/policy';
import type { Lang, Text } from '../domain/text';
import type { RefundCurveAnswer } from './answers';
import type { PolicyAnswer } from './policies';
import { type PublicQuoteItem, presentQuoteItem } from './present';
import { presentRefundCurve } from './present-curve';

export type Example = PolicyAnswer['examples'][number];

/** Rules that were read in one language say the same in both. */
const inBoth = (said: string): Text => ({ en: said, zh: said });

/** JSON knows no `undefined`: what a rule leaves out is not there. */
const policyOf = (rules: PolicyAnswer): Policy =>
  ({
    ...rules,
    name: inBoth(rules.name),
    disposal: rules.disposal.map(({ reason, ...one }) => ({ ...one, reason: inBoth(reason) })),
    notices: rules.notices.map(({ message, ...one }) => ({ ...one, message: inBoth(message) })),
  }) as Policy;

/** What these rules make of an example, as a quote would say it. */
export const tryExample = (rules: PolicyAnswer, example: Example, lang: Lang): PublicQuoteItem =>
  presentQuoteItem(
    quoteOffline({ ...example, schedule: example.schedule ?? { mode: 'now' }, policy: policyOf(rules) }),
    lang,
  );

/** And what waiting would do to it. */
export const tryCurve = (rules: PolicyAnswer, example: Example, lang: Lang): RefundCurveAnswer =>
  presentRefundCurve(curveOffline({ ...example, policy: policyOf(rules) }), lang);
