/** `npm run --silent quote -- case.json`: the refund engine's front door for people, other programs and tests. No servers, no clock. */

import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { id, instant } from '../contract/fields';
import { type Issue, issue, type Parsed, parse, pointerOf } from '../contract/issues';
import { scheduleSchema } from '../contract/registration';
import { parseRegistration } from '../contract/registration-rules';
import { addYears } from '../domain/calendar';
import { ACTIONS, type Registration } from '../domain/instance';
import { type OfflineCase, quoteOffline } from '../domain/offline';
import { type Knobs, modesFor, type Policy } from '../domain/policy';
import { LANGS, type Lang, type PublicQuoteItem, presentQuoteItem } from '../domain/present';
import { POLICIES } from '../policies';
import { count, knobShape } from './sources/policy-file';

const KNOBS = Object.keys(knobShape).join(', ');

/** All of a case but the instance, whose fields depend on one another and on the product: `parseRegistration` reads it. */
const frameShape = {
  action: z.enum(ACTIONS),
  schedule: scheduleSchema.default({ mode: 'now' }),
  at: instant,
  returnsSoFar: z.strictObject({ fiveDay: count.default(0), ordinary: count.default(0) }).default({ fiveDay: 0, ordinary: 0 }),
  policy: z.strictObject(knobShape).partial().default({}),
  assisted: z.boolean().default(false),
};
const frameSchema = z.strictObject({ instance: z.looseObject({ id: id.default('instance') }), ...frameShape });

const HELP = `Usage: npm run --silent quote -- [--lang en|zh] <case.json | ->

Prints what ending an instance would do and pay, as one quote item in JSON; for an array of cases an array of items.
"-" reads standard input. Exit 1 and every bad field on standard error when a case can't be read.

A case:
{
  "instance": {
    "id": "ins-1", "account": "100001", "product": "tencent-cvm", "billing": "prepaid", "region": "ap-guangzhou",
    "prices": {"version": "2026-11", "currency": "CNY", "month": "51", "hour": "0.42"},
    "orders": [{"id": "o1", "kind": "purchase", "startsAt": "2026-11-01T00:00:00+08:00", "endsAt": "2027-11-01T00:00:00+08:00",
                "paid": {"cash": "407.96", "voucher": "100"}}]
  },
  "action": "return",
  "at": "2026-11-03T00:00:00+08:00"
}

"action"        terminate, return, or return-renewals (only the renewals that have not begun; the instance runs on)
"at"            the only clock, past or future: the instance is taken as it would stand then
"schedule"      {"mode": "now"} (default), {"mode": "later"} or {"mode": "timed", "at": "…"}
"returnsSoFar"  {"fiveDay": 0, "ordinary": 0}: what the account has used of its rights
"policy"        overrides of the product's knobs: ${KNOBS}
"assisted"      true: an operator approved it (promotion orders pay their fee)
`;

/** What went wrong, in words for the caller; anything else that is thrown is a mistake of ours and shows its stack. */
class Complaint extends Error {}

async function readInput(path: string | undefined): Promise<string> {
  if (path === undefined && process.stdin.isTTY) throw new Complaint('no case given: name a file, or "-" for standard input (see --help)');
  const isFile = path !== undefined && path !== '-';
  const name = isFile ? path : 'standard input';
  const text = await (isFile ? readFile(path, 'utf8') : readStream(process.stdin)).catch((error: Error) => {
    throw new Complaint(`${name} can't be read (${error.message}): check the path and its permissions`);
  });
  if (text.trim() === '') throw new Complaint(`${name} is empty: a case in JSON is expected (see --help)`);
  return text.replace(/^\uFEFF/, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Complaint(`the input is not JSON (${(error as Error).message}): correct it and run it again`);
  }
}

type Read = { ok: true; value: OfflineCase } | { ok: false; issues: Issue[] };

/** A case as read, or all of its issues. `path` is where it stands in the input. */
function readCase(input: unknown, path: PropertyKey[]): Read {
  const frame = parse(frameSchema, input);
  const given = isObject(input) ? input : {};
  // A bad knob must not hide what is wrong with the instance: the product's own knobs stand in for it.
  const knobs = parse(frameShape.policy, given.policy);
  const policies = POLICIES.map((policy) => overridden(policy, knobs.ok ? knobs.value : {}));
  const registration = readInstance(given.instance, policies, frame.ok ? frame.value.at : undefined);
  const { product } = isObject(given.instance) ? given.instance : {};
  const known = policies.find((policy) => policy.product === product);
  const issues = [
    ...(frame.ok ? [] : frame.issues.map(explained)),
    ...(registration.ok ? [] : registration.issues),
    ...(frame.ok && known ? scheduleIssues(frame.value, known) : []),
  ];
  if (!frame.ok || !registration.ok || !known || issues.length) return { ok: false, issues: issues.map((one) => located(one, path)) };
  const { instance, policy: _, ...rest } = frame.value;
  return { ok: true, value: { ...rest, policy: known, instance: { ...registration.value, id: instance.id } } };
}

/** The instance without its id, which the frame has read. What is no object at all is the frame's to say. */
function readInstance(given: unknown, policies: Policy[], at: string | undefined): Parsed<Registration> {
  if (!isObject(given)) return { ok: false, issues: [] };
  const { id: _, ...registration } = given;
  const result = parseRegistration(registration, policies, at);
  return result.ok ? result : { ok: false, issues: result.issues.map((one) => ({ ...one, pointer: `/instance${one.pointer}` })) };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const located = (one: Issue, path: PropertyKey[]): Issue => ({ ...one, pointer: `${pointerOf(path)}${one.pointer}` });

/** The given knobs over the product's; what is undefined was not given. */
function overridden(policy: Policy, knobs: { [Knob in keyof Knobs]?: Knobs[Knob] | undefined }): Policy {
  const given = Object.fromEntries(Object.entries(knobs).filter(([, value]) => value !== undefined)) as Partial<Knobs>;
  return { ...policy, knobs: { ...policy.knobs, ...given } };
}

/** Adds what only a case has to say: which knobs there are, and what a time zone is. */
function explained(one: Issue): Issue {
  if (!one.pointer.startsWith('/policy/')) return one;
  if (one.code === 'UNKNOWN_FIELD')
    return { ...one, detail: `is not a knob; the knobs are: ${KNOBS}`, detailZh: `不是策略参数，可选：${KNOBS}` };
  if (one.pointer !== '/policy/timeZone' || one.code !== 'INVALID') return one;
  return { ...one, detail: 'is not a time zone, such as Asia/Shanghai', detailZh: '不是有效时区，例如 Asia/Shanghai' };
}

/** 000-03, L2: the product has the mode for this action, and a time lies ahead, at most three years. */
function scheduleIssues({ schedule, action, at }: Pick<OfflineCase, 'schedule' | 'action' | 'at'>, policy: Policy): Issue[] {
  const offered = modesFor(policy.lifecycle, action);
  if (!offered.includes(schedule.mode)) {
    return [issue(['schedule', 'mode'], 'MODE_NOT_OFFERED', { product: policy.product, allowed: offered.join(', ') })];
  }
  if (schedule.mode !== 'timed') return [];
  const latest = addYears(at, policy.lifecycle.timedMaxYears, policy.knobs.timeZone);
  if (Date.parse(schedule.at) <= Date.parse(at)) return [issue(['schedule', 'at'], 'NOT_IN_FUTURE', { clock: at })];
  if (Date.parse(schedule.at) > Date.parse(latest)) return [issue(['schedule', 'at'], 'TOO_FAR_AHEAD', { latest })];
  return [];
}

/** One case, or an array of independent ones; either all are quoted or none. */
function quote(input: unknown, lang: Lang): PublicQuoteItem | PublicQuoteItem[] {
  const inputs: [unknown, PropertyKey[]][] = Array.isArray(input) ? input.map((one, index) => [one, [index]]) : [[input, []]];
  const cases = inputs.map(([one, path]) => readCase(one, path));
  const issues = cases.flatMap((one) => (one.ok ? [] : one.issues));
  if (issues.length) throw new Complaint(describe(issues, lang));
  const items = cases.flatMap((one) => (one.ok ? [presentQuoteItem(quoteOffline(one.value), lang)] : []));
  return Array.isArray(input) ? items : items[0]!;
}

function describe(issues: Issue[], lang: Lang): string {
  const lines = issues.map(
    ({ pointer, code, detail, detailZh }) => `  ${pointer || '(the whole input)'}: ${lang === 'zh' ? detailZh : detail} [${code}]`,
  );
  const head = issues.length === 1 ? 'the case has a bad field:' : `${issues.length} fields are bad:`;
  return `${head}\n${lines.join('\n')}\nCorrect ${issues.length === 1 ? 'it' : 'them'} and run it again; --help shows a complete case.`;
}

function readArguments(): { path: string | undefined; lang: Lang; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { lang: { type: 'string', default: 'en' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    const lang = LANGS.find((one) => one === values.lang);
    if (!lang) throw new Complaint(`--lang must be one of: ${LANGS.join(', ')}`);
    if (positionals.length > 1) throw new Complaint('one input at a time: put several cases into an array (see --help)');
    return { path: positionals[0], lang, help: values.help };
  } catch (error) {
    throw error instanceof Complaint ? error : new Complaint(`${(error as Error).message.split('.')[0]} (see --help)`);
  }
}

async function main(): Promise<void> {
  try {
    const { path, lang, help } = readArguments();
    const output = help ? HELP : `${JSON.stringify(quote(parseJson(await readInput(path)), lang), null, 2)}\n`;
    process.stdout.write(output);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    process.stderr.write(`quote: ${error.message}\n`);
    process.exitCode = 1;
  }
}

void main();
