/** For how long an instance is renewed. */
import { z } from 'zod';
import { VendorError } from '../vendor-error';

/** Months. */
export const period = z.number().int();

const OFFERED = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36];

/** @throws VendorError for what the vendor does not sell */
export function requirePeriod(months: number): void {
  if (OFFERED.includes(months)) return;
  throw new VendorError(codeOf(months), {
    en: `Period ${months} is not one of: ${OFFERED.join(', ')} (months).`,
    zh: `Period ${months} 的取值应为：${OFFERED.join('、')}（月）。`,
  });
}

function codeOf(months: number): string {
  if (months < 1) return 'LimitExceeded.PeriodLessThanMinLimit';
  return months > 36 ? 'LimitExceeded.PeriodExceedMaxLimit' : 'InvalidParameterValue';
}
