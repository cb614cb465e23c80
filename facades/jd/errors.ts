/** What goes wrong here, in the vendor's form. */
import { toProblem } from '../../api/http/problems';
import { type Problem, presentProblem } from '../../api/problem';
import { Blocked } from '../../api/use-cases/end';
import { SENTENCES } from '../../contract/blockers';
import { kindOf } from '../../contract/problems';
import type { Lang, Text } from '../../domain/text';
import type { SunsetCode } from '../codes';
import { STATUS_OF, TEXTS } from './codes';
import { JdError, type Status } from './jd-error';

const isKnown = (code: string): code is SunsetCode => Object.hasOwn(STATUS_OF, code);
const isDecision = (code: string): boolean => Object.hasOwn(SENTENCES, code);

/** An instance that has ended is none to the vendor. */
const asVendorSees = (code: string, state: string | null | undefined): string =>
  code === 'WRONG_STATE' && state === 'terminated' ? 'UNKNOWN_INSTANCE' : code;

/** A workflow of another version may answer a code that is not known. */
const statusOf = (code: string): Status => (isKnown(code) ? STATUS_OF[code] : 'FAILED_PRECONDITION');

const both = (say: (lang: Lang) => string): Text => ({ en: say('en'), zh: say('zh') });

/**
 * Whatever was thrown, as the vendor would answer it.
 * @param id of the instance that it is about; empty: it isn't known
 */
export function jdErrorOf(error: unknown, id: string): JdError {
  if (error instanceof JdError) return error;
  return error instanceof Blocked ? ofBlocked(error) : ofProblem(toProblem(error), id);
}

function ofProblem(problem: Problem, id: string): JdError {
  const { extras } = problem;
  const code = asVendorSees(problem.code, extras.state);
  if (id && isDecision(code)) return refusedBy(id, code, null);
  const own = isKnown(code) && !extras.detail ? TEXTS[code] : undefined;
  const { 'Retry-After': retryAfter } = extras.headers ?? {};
  return new JdError(
    statusOf(code),
    own ?? both((lang) => sentenceOf(problem, lang)),
    retryAfter === undefined ? {} : { 'Retry-After': retryAfter },
  );
}

/** Fields by their names, or what is the matter and what to do. */
function sentenceOf(problem: Problem, lang: Lang): string {
  const { detail, next, errors } = presentProblem(problem, lang);
  if (problem.code === 'NOT_FOUND') return detail;
  if (problem.code !== 'INVALID_REQUEST' || errors.length === 0) return `${detail} ${next}`;
  const stop = lang === 'zh' ? '。' : '.';
  return listed(errors, (one) => `${nameOf(one.pointer)} ${one.detail}${stop}`);
}

/** `/filters/0/name` is `filters.1.name` to the vendor's clients. */
const nameOf = (pointer: string): string =>
  pointer
    .slice(1, 100)
    .split('/')
    .map((step) =>
      /^\d{1,5}$/.test(step) ? Number(step) + 1 : step.replaceAll('~1', '/').replaceAll('~0', '~'),
    )
    .join('.');

/** How many of a batch, or of bad fields, are told of. */
const TOLD = 5;

const listed = <T>(all: readonly T[], say: (one: T) => string): string =>
  all.slice(0, TOLD).map(say).join(' ');

/** All that stands against an instance (E8). */
const sentencesOf = (id: string, codes: readonly string[], lang: Lang): string =>
  `${id}: ${codes
    .map(kindOf)
    .map(({ detail, next }) => `${detail[lang]} ${next[lang]}`)
    .join(' ')}`;

/** What is not there comes first, then the first that something is against; others are told too, up to some. */
function ofBlocked({ items, unknown }: Blocked): JdError {
  const told = [
    ...unknown.map((id) => ({ id, codes: ['UNKNOWN_INSTANCE'] })),
    ...items.map(({ instanceId: id, blockers, basis: { state } }) => ({
      id,
      codes: blockers.map((code) => asVendorSees(code, state)),
    })),
  ];
  return new JdError(
    statusOf(told[0]!.codes[0]!),
    both((lang) => listed(told, ({ id, codes }) => sentencesOf(id, codes, lang))),
  );
}

/** What the lifecycle, or a step, has refused of one instance. */
export function refusedBy(id: string, refusal: string, state: string | null): JdError {
  const code = asVendorSees(refusal, state);
  return new JdError(
    statusOf(code),
    both((lang) => sentencesOf(id, [code], lang)),
  );
}

/** Nobody answered in time: it may still happen, and a look will tell. */
export const unanswered = (id: string): JdError =>
  new JdError(
    'UNAVAILABLE',
    {
      en: `${id}: nobody answered in time, and it may still happen. Look at the instance, then try again.`,
      zh: `${id}：未及时得到响应，操作可能仍会执行。请查看实例后再重试。`,
    },
    { 'Retry-After': '5' },
  );
