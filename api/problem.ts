/**
 * Errors as callers see them: `application/problem+json` (RFC 9457) with a stable code, in English or
 * Chinese. Handlers throw a {@link Problem}; what the store and the workflows throw is translated in one
 * place, `problems.ts`.
 */

import type { DecisionCode } from '../contract/blockers';
import { type Issue, MAX_ISSUES } from '../contract/issues';
import { kindOf, type ProblemCode } from '../contract/problems';
import type { Lang, Text } from '../domain/text';
import type { Change } from '../store/agreements/problem';

export interface ProblemExtras {
  /** Says more than the code's own sentence. */
  detail?: Text | undefined;
  issues?: Issue[] | undefined;
  /** In the words of whoever refused it: a control plane, an operator. */
  message?: string | undefined;
  /** The instance's state, for refusals by the lifecycle. */
  state?: string | null | undefined;
  changes?: Change[] | undefined;
  headers?: Record<string, string> | undefined;
}

export class Problem extends Error {
  constructor(
    readonly code: ProblemCode | DecisionCode | (string & {}),
    readonly extras: ProblemExtras = {},
  ) {
    super(code);
  }

  get status(): number {
    return kindOf(this.code).status;
  }
}

/** 400 with the bad fields. */
export const invalid = (issues: Issue[]): Problem => new Problem('INVALID_REQUEST', { issues });

const KIND_NAMES = {
  instance: { en: 'instance', zh: '实例' },
  quote: { en: 'quote', zh: '报价' },
  termination: { en: 'termination', zh: '销毁/退还记录' },
  refund: { en: 'refund', zh: '退款' },
  request: { en: 'refund request', zh: '退款申请' },
  account: { en: 'account', zh: '账号' },
  audit: { en: 'audit', zh: '稽核' },
  key: { en: 'key', zh: '密钥' },
  product: { en: 'product', zh: '产品' },
  drift: { en: 'difference', zh: '差异' },
} satisfies Record<string, Text>;

/** 404 that says what is missing. */
export function notFound(what: keyof typeof KIND_NAMES, id: string, issues: Issue[] = []): Problem {
  const name = KIND_NAMES[what];
  return new Problem('NOT_FOUND', {
    detail: { en: `There is no ${name.en} ${id}.`, zh: `${name.zh} ${id} 不存在。` },
    issues,
  });
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  next: string;
  state?: string;
  errors: { pointer: string; code: string; detail: string }[];
  changes?: Change[];
}

/** The contract's `problem`, in one language. */
export function presentProblem(problem: Problem, lang: Lang): ProblemBody {
  const { status, title, detail, next } = kindOf(problem.code);
  const { issues = [], state, changes, message } = problem.extras;
  return {
    type: `urn:sunset:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title: title[lang],
    status,
    detail: `${(problem.extras.detail ?? detail)[lang]}${saidSentence(message, lang)}${stateSentence(state, lang)}`,
    code: problem.code,
    next: next[lang],
    ...(state ? { state } : {}),
    errors: issues.slice(0, MAX_ISSUES).map((one) => ({
      pointer: one.pointer,
      code: one.code,
      detail: lang === 'zh' ? one.detailZh : one.detail,
    })),
    ...(changes ? { changes } : {}),
  };
}

function stateSentence(state: string | null | undefined, lang: Lang): string {
  if (!state) return '';
  return lang === 'zh' ? `当前状态：${state}。` : ` Its state is ${state}.`;
}

function saidSentence(message: string | undefined, lang: Lang): string {
  if (!message) return '';
  return lang === 'zh' ? `说明：${message}。` : ` It says: ${message}.`;
}
