/** What goes wrong here, in the vendor's codes. */
import { forbidden } from '../../api/caller';
import { toProblem } from '../../api/http/problems';
import { type Problem, presentProblem } from '../../api/problem';
import { Blocked } from '../../api/use-cases/end';
import { kindOf } from '../../contract/problems';
import type { BlockerCode } from '../../domain/blockers';
import type { Permission } from '../../domain/permissions';
import type { Lang, Text } from '../../domain/text';
import type { SunsetCode } from '../codes';
import type { About, Service } from './action';
import { COMMON, isKnown, TEXTS } from './codes';
import { ofIssue } from './params';
import { VendorError } from './vendor-error';

/** An error of one instance among several. */
export class AboutInstance extends Error {
  /** @param done those of the others that were done all the same */
  constructor(
    readonly instanceId: string,
    readonly error: unknown,
    readonly done: readonly string[] = [],
  ) {
    super(`${instanceId}: ${error instanceof Error ? error.message : 'failed'}`, { cause: error });
  }
}

/** Nobody answered in time: it may still happen, and a look will tell. */
export const unanswered = (id: string): VendorError =>
  new VendorError(
    'InternalError',
    {
      en: `${id}: nobody answered in time, and it may still happen. Look at the instance, then try again.`,
      zh: `${id}：未及时得到响应，操作可能仍会执行。请查看实例后再重试。`,
    },
    true,
  );

/** None of the permissions is the caller's. */
export const lacking = (permissions: readonly Permission[]): VendorError => {
  const { detail } = forbidden(permissions).extras;
  return new VendorError('UnauthorizedOperation', detail!);
};

/** The vendor's code for one of ours. A workflow of another version may answer one that is not known. */
function vendorCode(service: Service | undefined, code: string, about: About): string {
  if (!isKnown(code)) return 'FailedOperation';
  return service?.codeOf(code, about) ?? COMMON[code];
}

const both = (say: (lang: Lang) => string): Text => ({ en: say('en'), zh: say('zh') });

/** What an instance's error is told with. */
interface Told {
  service: Service | undefined;
  action: string;
}

/**
 * Whatever was thrown, as the vendor would answer it.
 * @param service undefined: it isn't known yet
 */
export function vendorErrorOf(error: unknown, service: Service | undefined, action: string): VendorError {
  const told: Told = { service, action };
  if (error instanceof AboutInstance) return ofInstance(error, told);
  if (error instanceof VendorError) return error;
  return error instanceof Blocked ? ofBlocked(error, told) : ofProblem(toProblem(error), told);
}

function ofInstance({ instanceId, error, done }: AboutInstance, { service, action }: Told): VendorError {
  const { code, text, interim } = vendorErrorOf(error, service, action);
  const rest: Text = {
    en: done.length ? ` Done all the same: ${done.join(', ')}.` : '',
    zh: done.length ? `已执行：${done.join('、')}。` : '',
  };
  const front = text.en.startsWith(`${instanceId}: `) ? '' : `${instanceId}: `;
  return new VendorError(
    code,
    both((lang) => `${front}${text[lang]}${rest[lang]}`),
    interim,
  );
}

function ofProblem(problem: Problem, { service, action }: Told): VendorError {
  const { code, status, extras } = problem;
  const first = code === 'INVALID_REQUEST' ? extras.issues?.[0] : undefined;
  // Its field is one of the use case's own: only what is wrong with it is told.
  if (first && service) return ofIssue({ ...first, pointer: '' }, service.codeOfIssue);
  const own = isKnown(code) ? TEXTS[code] : undefined;
  const text = both((lang) => {
    const { detail, next } = presentProblem(problem, lang);
    return own?.[lang] ?? `${detail} ${next}`;
  });
  const interim = status >= 500 || status === 429 || code === 'IDEMPOTENCY_RUNNING';
  return new VendorError(vendorCode(service, code, { action, state: extras.state ?? null }), text, interim);
}

/** How many of a batch are told of. */
const TOLD = 5;

/** What one of our codes says of an instance, and what to do next. */
function sentenceOf(code: SunsetCode, lang: Lang): string {
  const { detail, next } = kindOf(code);
  return TEXTS[code]?.[lang] ?? `${detail[lang]} ${next[lang]}`;
}

/** What is not there comes first, then the first that something is against; more of them are told. */
function ofBlocked({ items, unknown }: Blocked, { service, action }: Told): VendorError {
  const blocked: { id: string; state: string | null; codes: BlockerCode[] }[] = [
    ...unknown.map((id) => ({ id, state: null, codes: ['UNKNOWN_INSTANCE' as const] })),
    ...items.map(({ instanceId, blockers, basis }) => ({
      id: instanceId,
      state: basis.state,
      codes: blockers,
    })),
  ];
  const { state, codes } = blocked[0]!;
  const text = both((lang) =>
    blocked
      .slice(0, TOLD)
      .map((one) => `${one.id}: ${one.codes.map((code) => sentenceOf(code, lang)).join(' ')}`)
      .join(' '),
  );
  return new VendorError(vendorCode(service, codes[0]!, { action, state }), text);
}
