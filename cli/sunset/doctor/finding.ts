import type { Text } from '../../../domain/text';
import { span } from '../text';

/** What one check found. A note is worth knowing and stops nothing. */
export interface Diagnosis {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  detail: Text;
  /** A command, where one puts it right. */
  fix: string | null;
}

const finding =
  (status: Diagnosis['status']) =>
  (check: string, en: string, zh: string, fix: string | null = null): Diagnosis => ({
    check,
    status,
    detail: { en, zh },
    fix,
  });

export const ok = finding('ok');
export const warn = finding('warn');
export const fail = finding('fail');

/** What the checks of the parts need to know of the service. */
export interface ServiceState {
  /** undefined: nobody answers; null: it answers, and says nothing of its parts. */
  parts: { postgres: string; temporal: string } | null | undefined;
}

const ANSWER_LIMIT_MS = 5000;

/** Asks the service, for no longer than anybody would wait. */
export const askService = (url: string, key?: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { ...init.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });

const SKEW_LIMIT_MS = 2000;

/** Deadlines are absolute: clocks that differ make things happen early or late. */
export function clockDiagnosis(check: string, skewMs: number | undefined): Diagnosis | undefined {
  if (skewMs === undefined) return undefined;
  if (Math.abs(skewMs) <= SKEW_LIMIT_MS)
    return ok(check, 'agrees with this machine’s clock', '与本机时钟一致');
  return warn(
    check,
    `is ${span(skewMs)} ${skewMs > 0 ? 'behind' : 'ahead of'} this machine’s clock`,
    `与本机时钟相差 ${span(skewMs)}`,
    'sudo timedatectl set-ntp true (on both machines)',
  );
}
