/** The refund curve as the contract shows it, in one language. */
import type { RefundCurveAnswer } from '../../contract/answers';
import { presentBlocker, presentWarning } from '../../contract/present';
import type { BlockerCode } from '../../domain/blockers';
import type { RefundCurve } from '../../domain/curve';
import type { Lang } from '../../domain/text';

export function presentRefundCurve(curve: RefundCurve, lang: Lang): RefundCurveAnswer {
  const { instanceId, currency, asOf, permitted, blockers, points, warnings } = curve;
  const present = (codes: BlockerCode[]) => codes.map((code) => presentBlocker(code, lang));
  return {
    instanceId,
    currency,
    asOf,
    permitted,
    blockers: present(blockers),
    points: points.map((point) => ({
      at: point.at,
      reason: point.reason,
      kind: point.kind,
      ...(point.amount === undefined ? {} : { amount: point.amount }),
      blockers: present(point.blockers),
    })),
    warnings: warnings.map((warning) => presentWarning(warning, lang)),
  };
}
