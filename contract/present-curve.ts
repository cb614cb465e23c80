/** The refund curve as callers see it, in one language: the API and the playground of rules share it. */
import type { BlockerCode } from '../domain/blockers';
import type { RefundCurve } from '../domain/curve';
import type { Lang } from '../domain/text';
import type { RefundCurveAnswer } from './answers';
import { presentBlocker, presentWarning } from './present';

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
