/**
 * Whether a message can be carried out at all. The API validates what it sends; but updates and signals can
 * also be typed by hand (Web UI, Temporal CLI, batch operations), and a command that no database can store
 * would be retried for ever and wedge its instance.
 */

import { type Command, type CommandName, FINDINGS, RESOLUTIONS } from '../domain/commands';
import { isOwnId } from '../domain/ids';
import { ACTIONS } from '../domain/instance';
import { msOf } from '../domain/instant';
import { MAX_JITTER_SECONDS } from '../domain/jitter';
import { isSignature } from '../domain/signed';
import type { CommandMessage } from './messages';

type Fields = Record<string, unknown>;

/**
 * Text that PostgreSQL can store and index: no control characters, no half of a surrogate pair, not without
 * end.
 */
const TEXT = /^[^\p{Cc}\p{Cs}]{1,500}$/u;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const AMOUNT = /^\d{1,15}(\.\d{1,10})?$/;
const RATE = /^(?:0\.\d{1,10}|1(?:\.0{1,10})?)$/;
const MAX_TIERS = 50;
/** Ten years. */
const MAX_RETENTION_SECONDS = 315_360_000;

export const isText = (value: unknown): value is string => typeof value === 'string' && TEXT.test(value);
export const isCommandId = (value: unknown): value is string => isText(value) && !isOwnId(value);
export const isMonths = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 120;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/**
 * The last year that the API takes. A timer or a column can't hold every instant that a text of this shape
 * can name.
 */
const LAST = msOf('2201-01-01T00:00:00Z');
const isInstant = (value: unknown): boolean =>
  typeof value === 'string' && INSTANT.test(value) && msOf(value) < LAST;
const isOneOf = (value: unknown, ...values: string[]): boolean =>
  typeof value === 'string' && values.includes(value);

/** Stated amounts, all four of them; missing: Sunset prices it. */
const isPaid = (value: unknown): boolean =>
  value === undefined ||
  (isObject(value) &&
    ['cash', 'gift', 'income', 'voucher'].every(
      (source) => typeof value[source] === 'string' && AMOUNT.test(value[source]),
    ));

const isSchedule = (value: unknown): boolean =>
  isObject(value) && (isOneOf(value.mode, 'now', 'later') || (value.mode === 'timed' && isInstant(value.at)));

/** The end of the bin has to be an instant that can be written down. */
const isRetention = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_RETENTION_SECONDS;

const isJitter = (value: unknown): boolean =>
  value === undefined ||
  (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_JITTER_SECONDS);

const isEnding = (value: unknown): boolean =>
  isObject(value) &&
  (isOneOf(value.into, 'terminated', 'expired') ||
    (value.into === 'bin' && isRetention(value.retentionSeconds) && isJitter(value.jitterSeconds)));

const isEnd = (value: unknown): boolean =>
  isObject(value) &&
  isOneOf(value.action, 'terminate', 'return') &&
  Array.isArray(value.requires) &&
  isObject(value.modes) &&
  Object.values(value.modes).every(isEnding);

const isRules = (value: unknown): boolean =>
  isObject(value) &&
  isObject(value.end) &&
  isEnd(value.end.postpaid) &&
  isEnd(value.end.prepaid) &&
  isEnding(value.expiry) &&
  (value.attentionSeconds === undefined || isRetention(value.attentionSeconds));

const isAmount = (value: unknown): boolean => typeof value === 'string' && AMOUNT.test(value);
const isTier = (value: unknown): boolean =>
  isObject(value) &&
  isAmount(value.price) &&
  (value.upToHours === undefined || Number.isInteger(value.upToHours));
const isHourly = (value: unknown): boolean =>
  isAmount(value) ||
  (Array.isArray(value) && value.length > 0 && value.length <= MAX_TIERS && value.every(isTier));
const isDiscount = (value: unknown): boolean =>
  isObject(value) && isMonths(value.months) && typeof value.rate === 'string' && RATE.test(value.rate);
const isMissingOr = (test: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || test(value);

/** A snapshot that can be computed with: what of it fits the instance, the step says (M23). */
const isPrices = (value: unknown): boolean =>
  isObject(value) &&
  isText(value.version) &&
  typeof value.currency === 'string' &&
  isMissingOr(isAmount, value.month) &&
  isMissingOr(isHourly, value.hour) &&
  isMissingOr(
    (tiers) => Array.isArray(tiers) && tiers.length <= MAX_TIERS && tiers.every(isDiscount),
    value.discounts,
  );

const isOrder = (value: unknown): boolean =>
  isObject(value) &&
  (value.kind === 'renewal'
    ? isMonths(value.months)
    : value.kind === 'upgrade' && value.months === undefined) &&
  isOneOf(value.channel, 'standard', 'promotion', 'activity') &&
  (value.prices === undefined || (value.kind === 'upgrade' && isPrices(value.prices))) &&
  isPaid(value.paid);

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const always = (): boolean => true;

const SOUND: Record<CommandName, (command: Fields) => boolean> = {
  terminate: ({ action, schedule, terminationId, rules }) =>
    isOneOf(action, ...ACTIONS) && isSchedule(schedule) && isText(terminationId) && isRules(rules),
  cancel: always,
  reschedule: ({ at }) => isInstant(at),
  restore: ({ renewal }) =>
    renewal === undefined || (isObject(renewal) && isMonths(renewal.months) && isPaid(renewal.paid)),
  purge: always,
  undo: ({ refundId, reason }) => isText(refundId) && isText(reason),
  'switch-network': always,
  amend: ({ order, rules }) => isOrder(order) && isRules(rules),
  'put-prices': ({ prices }) => isPrices(prices),
  start: always,
  stop: always,
  'begin-operation': ({ kind }) => isText(kind),
  'end-operation': ({ power }) => isOneOf(power, 'running', 'stopped'),
  protect: ({ reason, holdRelease }) => isText(reason) && isFlag(holdRelease),
  unprotect: ({ reason, liftHold }) => isText(reason) && isFlag(liftHold),
  resolve: ({ action, reason }) => isOneOf(action, ...RESOLUTIONS) && isText(reason),
  adopt: ({ found, reason }) => isOneOf(found, ...FINDINGS) && isText(reason),
  apply: ({ reason }) => isText(reason),
};

const isCommand = (value: unknown): value is Command =>
  isObject(value) &&
  typeof value.name === 'string' &&
  Object.hasOwn(SOUND, value.name) &&
  SOUND[value.name as CommandName](value);

/**
 * Of a command as JSON text, in characters: some hundred times what the API sends. It goes into an activity's
 * argument, and the server ends a workflow whose arguments are too large (2 MB).
 */
const MAX_COMMAND = 65_536;
const isSmall = (command: Command): boolean => JSON.stringify(command).length <= MAX_COMMAND;

export const isSound = (message: unknown): message is CommandMessage =>
  isObject(message) &&
  isCommandId(message.id) &&
  isText(message.by) &&
  isCommand(message.command) &&
  isSmall(message.command);

/** Whether a message says that somebody vouches for it. */
export const isSigned = (message: unknown): boolean => isObject(message) && isSignature(message.signature);
