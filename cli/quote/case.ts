/** Reads a case for `npm run quote`: an instance with all that a quote takes, or every bad field of it. */
import { z } from 'zod';
import { id, instant } from '../../contract/fields';
import { type Issue, issue, type Parsed, parse, pointerOf } from '../../contract/issues';
import { scheduleSchema } from '../../contract/registration';
import { parseRegistration } from '../../contract/registration-rules';
import { addYears } from '../../domain/calendar';
import { ACTIONS, type Registration } from '../../domain/instance';
import type { OfflineCase } from '../../domain/offline';
import { type Knobs, modesFor, type Policy } from '../../domain/policy';
import { POLICIES } from '../../policies';
import { count, knobShape } from '../sources/policy-file';

/** The names of a product's knobs, for people. */
export const KNOBS = Object.keys(knobShape).join(', ');

/**
 * All of a case but the instance, whose fields depend on one another and on the product: `parseRegistration`
 * reads it.
 */
const frameShape = {
  action: z.enum(ACTIONS),
  schedule: scheduleSchema.default({ mode: 'now' }),
  at: instant,
  returnsSoFar: z
    .strictObject({ fiveDay: count.default(0), ordinary: count.default(0) })
    .default({ fiveDay: 0, ordinary: 0 }),
  policy: z.strictObject(knobShape).partial().default({}),
  assisted: z.boolean().default(false),
};
const frameSchema = z.strictObject({
  instance: z.looseObject({ id: id.default('instance') }),
  ...frameShape,
});

type Read = { ok: true; value: OfflineCase } | { ok: false; issues: Issue[] };

/** A case as read, or all of its issues. `path` is where it stands in the input. */
export function readCase(input: unknown, path: PropertyKey[]): Read {
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
  if (!frame.ok || !registration.ok || !known || issues.length)
    return { ok: false, issues: issues.map((one) => located(one, path)) };
  const { instance, policy: _, ...rest } = frame.value;
  return {
    ok: true,
    value: { ...rest, policy: known, instance: { ...registration.value, id: instance.id } },
  };
}

/** The instance without its id, which the frame has read. What is no object at all is the frame's to say. */
function readInstance(given: unknown, policies: Policy[], at: string | undefined): Parsed<Registration> {
  if (!isObject(given)) return { ok: false, issues: [] };
  const { id: _, ...registration } = given;
  const result = parseRegistration(registration, policies, at);
  return result.ok
    ? result
    : { ok: false, issues: result.issues.map((one) => ({ ...one, pointer: `/instance${one.pointer}` })) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const located = (one: Issue, path: PropertyKey[]): Issue => ({
  ...one,
  pointer: `${pointerOf(path)}${one.pointer}`,
});

/** The given knobs over the product's; what is undefined was not given. */
function overridden(policy: Policy, knobs: { [Knob in keyof Knobs]?: Knobs[Knob] | undefined }): Policy {
  const given = Object.fromEntries(
    Object.entries(knobs).filter(([, value]) => value !== undefined),
  ) as Partial<Knobs>;
  return { ...policy, knobs: { ...policy.knobs, ...given } };
}

/** Adds what only a case has to say: which knobs there are, and what a time zone is. */
function explained(one: Issue): Issue {
  if (!one.pointer.startsWith('/policy/')) return one;
  if (one.code === 'UNKNOWN_FIELD')
    return {
      ...one,
      detail: `is not a knob; the knobs are: ${KNOBS}`,
      detailZh: `不是策略参数，可选：${KNOBS}`,
    };
  if (one.pointer !== '/policy/timeZone' || one.code !== 'INVALID') return one;
  return {
    ...one,
    detail: 'is not a time zone, such as Asia/Shanghai',
    detailZh: '不是有效时区，例如 Asia/Shanghai',
  };
}

/** 000-03, L2: the product has the mode for this action, and a time lies ahead, at most three years. */
function scheduleIssues(
  { schedule, action, at }: Pick<OfflineCase, 'schedule' | 'action' | 'at'>,
  policy: Policy,
): Issue[] {
  const offered = modesFor(policy.lifecycle, action);
  if (!offered.includes(schedule.mode)) {
    return [
      issue(['schedule', 'mode'], 'MODE_NOT_OFFERED', {
        product: policy.product,
        allowed: offered.join(', '),
      }),
    ];
  }
  if (schedule.mode !== 'timed') return [];
  const latest = addYears(at, policy.lifecycle.timedMaxYears, policy.knobs.timeZone);
  if (Date.parse(schedule.at) <= Date.parse(at))
    return [issue(['schedule', 'at'], 'NOT_IN_FUTURE', { clock: at })];
  if (Date.parse(schedule.at) > Date.parse(latest))
    return [issue(['schedule', 'at'], 'TOO_FAR_AHEAD', { latest })];
  return [];
}
