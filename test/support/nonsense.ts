/**
 * Nonsense for messages, as tables. A message is made right first and then spoilt: its body, its id, its
 * caller, its signature, the name that it goes by. Nothing in here sends anything;
 * `test/service/nonsense.test.ts` does.
 */
import { randomUUID } from 'node:crypto';
import { RawValue } from '@temporalio/common';
import { COMMANDS, type Command, type CommandName, type Envelope } from '../../domain/commands';
import type { Life } from '../../domain/lifecycle';
import { isUnsignedName, type Signable } from '../../domain/signed';
import { POLICIES } from '../../policies';
import { createSignatures, type Signatures } from '../../store/signatures';
import { SIGNALS, type SignalName, UPDATES } from '../../workflows/messages';
import { readSignal } from '../../workflows/signals';
import { DAY, fromNow } from './lives';
import { range } from './parallel';
import type { Random } from './random';
import { paid, prices } from './random-registrations';

/** What is known of an instance when a message to it is made up. */
export interface Scene {
  random: Random;
  id: string;
  life: Life;
  currency: string;
  signatures: Signatures;
  /** Ids of messages before this one, to any instance. */
  ids: string[];
  /** Signed messages that were really sent, to any instance: what a reader of histories has. */
  letters: Letter[];
  /** Of this instance, used, expired and stale ones among them; and of others. */
  quotes: { own: string[]; others: string[] };
  refundIds: string[];
}

export interface Letter {
  instanceId: string;
  message: Signable;
  signature: string;
}

export interface Sending {
  way: 'update' | 'signal';
  name: string;
  args: unknown[];
  updateId?: string | undefined;
  /** Set when the API's key has signed just this, for this instance. */
  honest?: Letter | undefined;
}

type Fields = Record<string, unknown>;

const HUGE = 100_000;
/** The server takes no more than 2 MB in one message. */
const HUGEST = 1_900_000;

/** Text that nothing can make shorter: 500 characters of four bytes each are as much as an index takes. */
const longId = (random: Random, length: number): string =>
  String.fromCodePoint(...range(length).map(() => random.int(0x20000, 0x2a6d0)));

/** Ids of every shape; what can be stored and what can't. */
const IDS: ((scene: Scene) => unknown)[] = [
  ({ random, ids }) => (ids.length ? random.pick(ids) : randomUUID()),
  ({ random, ids }) => (ids.length ? random.pick(ids) : randomUUID()),
  ({ random, ids }) => `${ids.length ? random.pick(ids) : 'x'}/refused`,
  ({ life }) => `sunset/deadline/fire/${life.step + 1}`,
  ({ life }) => `sunset/deadline/release/${life.step + 1}`,
  ({ life }) => `deadline/expire/${life.step + 1}`,
  ({ random, ids }) => `sunset/refused/cancel/NOT_SCHEDULED/${ids.length ? random.pick(ids) : 'x'}`,
  () => `sunset/signal/terminate/${randomUUID()}`,
  () => `key/operator/${randomUUID()}`,
  ({ random, ids }) => `unsigned/${ids.length ? random.pick(ids) : 'x'}`,
  () => `unsigned/sunset/signal/cancel/${randomUUID()}`,
  ({ id }) => `t_${'0'.repeat(32)}/${id}`,
  () => '',
  () => ' ',
  () => 'x'.repeat(501),
  ({ random }) => longId(random, 500),
  () => 'x'.repeat(HUGE),
  () => 'a\0b',
  () => 'two\nlines',
  () => '\ud800',
  () => 'half \udfff of a pair',
  () => '__proto__',
  () => 'constructor',
  () => 42,
  () => null,
  () => ({ toString: 1 }),
  () => ['a'],
];

const NAMES: ((scene: Scene) => unknown)[] = [
  () => 'operator:cfo',
  () => 'sunset',
  () => 'unsigned: alice',
  () => '',
  () => 'x'.repeat(HUGE),
  ({ random }) => longId(random, 500),
  () => '\0',
  () => '\udc00',
  () => null,
  () => ({}),
];

const JUNK: ((random: Random) => unknown)[] = [
  () => null,
  () => '',
  () => 'x',
  () => -1,
  () => 0,
  () => 1.5,
  () => 1e308,
  () => Number.NaN,
  () => '-5',
  () => '-0.01',
  () => 'NaN',
  () => 'Infinity',
  () => '1e9',
  () => '0x10',
  () => '1'.repeat(300),
  () => '999999999999999.9999999999',
  () => '0.0000000001',
  () => [],
  () => ({}),
  () => true,
  () => false,
  () => '\0',
  () => '\ud800',
  () => 'x'.repeat(600),
  () => 'x'.repeat(HUGE),
  () => '9999-12-31T23:59:59-23:59',
  () => '0000-01-01T00:00:00Z',
  () => '2201-01-01T00:00:00Z',
  () => '2200-12-31T23:59:59.999Z',
  () => '2026-02-30T00:00:00Z',
  () => '1969-12-31T23:59:59Z',
  () => '__proto__',
  (random) => longId(random, 500),
  () => JSON.parse('{"__proto__": {"agree": true}, "constructor": 1}'),
  () => range(2000),
];

const deep = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

/** Whole arguments that are no message at all. */
const NO_MESSAGES: ((random: Random) => unknown[])[] = [
  () => [],
  () => [null],
  () => ['terminate it'],
  () => [42],
  () => [true],
  () => [[1, 2, { agree: true }]],
  () => [{ by: 'alice' }, { agree: true }],
  () => [
    {
      id: null,
      by: null,
      command: null,
      agree: null,
      confirm: null,
      quoteId: null,
      schedule: null,
      renewal: null,
    },
  ],
  () => [{ id: { toString: 1, valueOf: 2 }, by: { toString: null }, command: [] }],
  () => [{ id: 'x', by: 'x', command: { name: 'toString' } }],
  () => [{ id: 'x', by: 'x', command: { name: '__proto__' } }],
  () => [deep(3000)],
  () => [{ command: deep(3000) }],
  () => [Object.fromEntries(range(5000).map((index) => [`f${index}`, index]))],
  () => [JSON.parse('{"__proto__": {"agree": true, "confirm": "x"}, "constructor": 1}')],
  (random) => [{ agree: true, note: 'x'.repeat(random.chance(0.1) ? HUGEST : HUGE) }],
];

/** Bytes of an encoding; most of them are nothing that a workflow can decode. */
const bytes = (encoding: string | undefined, data: string): RawValue =>
  RawValue.fromPayload({
    metadata: encoding === undefined ? {} : { encoding: Buffer.from(encoding) },
    data: Buffer.from(data),
  });
const RAW: (() => RawValue)[] = [
  () => bytes('json/plain', '{"id": '),
  () => bytes('json/plain', '{"id": "nan", "renewal": {"months": NaN}}'),
  () => bytes('json/plain', '\xff\xfe'),
  () => bytes('binary/secret', 'x'),
  () => bytes('binary/plain', 'x'),
  () => bytes('binary/null', ''),
  () => bytes('json/protobuf', '{}'),
  () => bytes(undefined, 'x'),
];
/** JSON that no serializer writes, and that is understood all the same. */
const ODD_JSON: ((scene: Scene) => RawValue)[] = [
  ({ id }) =>
    bytes('json/plain', `{"id": "odd-${randomUUID()}", "by": "x", "confirm": "no", "confirm": "${id}"}`),
  () => bytes('json/plain', `{"id": "odd-${randomUUID()}", "by": "x", "renewal": {"months": 1e400}}`),
  () =>
    bytes(
      'json/plain',
      `{"id": "odd-${randomUUID()}", "by": "x", "agree": true, "schedule": {"mode": "now", "mode": "later"}}`,
    ),
];

const rulesOf = ({ life }: Scene): Fields =>
  POLICIES.find(({ product }) => product === life.product)!.lifecycle as unknown as Fields;
const ahead = (random: Random): string => fromNow(random.int(1, 60) * DAY);
const somePaid = ({ random, currency }: Scene): Fields => paid(random, currency);
const maybe = (random: Random, fields: Fields): Fields => (random.chance(0.5) ? fields : {});

/**
 * Each command as the API could send it. A termination's agreement is missing: those go by the API or by a
 * signal.
 */
const RIGHT_ONES: Record<CommandName, (scene: Scene) => Fields> = {
  terminate: (scene) => ({
    action: scene.random.pick(['terminate', 'return', 'return-renewals']),
    schedule: scene.random.pick<Fields>([
      { mode: 'now' },
      { mode: 'later' },
      { mode: 'timed', at: ahead(scene.random) },
    ]),
    terminationId: `t_${randomUUID()}`,
    rules: rulesOf(scene),
  }),
  cancel: () => ({}),
  reschedule: ({ random }) => ({ at: ahead(random) }),
  restore: (scene) =>
    scene.life.billing === 'prepaid'
      ? { renewal: { months: scene.random.int(1, 3), ...maybe(scene.random, { paid: somePaid(scene) }) } }
      : {},
  purge: () => ({}),
  undo: ({ random, refundIds }) => ({
    refundId: refundIds.length ? random.pick(refundIds) : 'r_none',
    reason: 'nonsense',
  }),
  resolve: ({ random }) => ({ action: random.pick(['retry', 'skip', 'give-up']), reason: 'nonsense' }),
  adopt: ({ random }) => ({ found: random.pick(['running', 'stopped', 'gone']), reason: 'nonsense' }),
  apply: () => ({ reason: 'nonsense' }),
  'switch-network': () => ({}),
  amend: (scene) => ({
    order: scene.random.chance(0.7)
      ? {
          kind: 'renewal',
          channel: 'standard',
          months: scene.random.int(1, 6),
          ...maybe(scene.random, { paid: somePaid(scene) }),
        }
      : { kind: 'upgrade', channel: 'standard', paid: somePaid(scene) },
    rules: rulesOf(scene),
  }),
  'put-prices': ({ random, currency }) => ({
    prices: { ...prices(random, currency), version: `v-${random.int(1, 4)}` },
  }),
  start: () => ({}),
  stop: () => ({}),
  'begin-operation': ({ random }) => ({ kind: random.pick(['resize', 'reinstall']) }),
  'end-operation': ({ random }) => ({ power: random.pick(['running', 'stopped']) }),
  protect: ({ random }) => ({ reason: 'nonsense', ...(random.chance(0.3) ? { holdRelease: true } : {}) }),
  unprotect: ({ random }) => ({ reason: 'nonsense', liftHold: random.chance(0.7) }),
};
const COMMAND_NAMES = Object.keys(RIGHT_ONES) as CommandName[];

const STRANGE_NAMES = [
  'destroy',
  '',
  'toString',
  '__proto__',
  'constructor',
  'x'.repeat(500),
  'TERMINATE',
  'lebensende/结束',
];
const UPDATE_NAMES: string[] = ['register', ...Object.keys(UPDATES)];
const SIGNAL_NAMES = Object.keys(SIGNALS) as SignalName[];

/** What makes sense as the instance stands, often enough for its life to go on. */
function sensible({ random, life }: Scene): CommandName {
  if (life.state === 'isolated')
    return random.pick(['restore', 'restore', 'undo', 'protect', 'unprotect', 'purge']);
  if (life.state === 'changing') return random.pick(['end-operation', 'start', 'stop']);
  if (life.termination && random.chance(0.6)) return random.pick(['cancel', 'reschedule']);
  if (life.protection && random.chance(0.3)) return 'unprotect';
  const one = random.pick<CommandName>([
    'start',
    'stop',
    'amend',
    'amend',
    'put-prices',
    'protect',
    'switch-network',
    'begin-operation',
  ]);
  return life.billing === 'postpaid' && (one === 'amend' || one === 'put-prices')
    ? random.pick(['start', 'stop'])
    : one;
}

/** A message of the API's, whose body, id, caller, signature, update or update id may be spoilt. */
function update(scene: Scene): Sending {
  const { random } = scene;
  const commandName = random.chance(0.65) ? sensible(scene) : random.pick(COMMAND_NAMES);
  const right = { name: commandName, ...RIGHT_ONES[commandName](scene) };
  const command = random.chance(0.2) ? spoilt(random, right) : right;
  const message = { ...envelopeOf(scene), command };
  const name = nameOf(random, COMMANDS[commandName].update, UPDATE_NAMES);
  const { args, honest } = signedSomehow(scene, message as Signable, 0.6);
  return { way: 'update', name, args, honest, updateId: updateIdOf(scene, message.id) };
}

/** What a signal of this name may bring, as a person would type it. */
const PAYLOADS: Record<SignalName, (scene: Scene) => Fields> = {
  terminate: (scene) => ({
    agree: true,
    ...(scene.life.billing === 'prepaid' || scene.random.chance(0.7) ? { quoteId: quoteOf(scene) } : {}),
    ...maybe(scene.random, { schedule: { mode: scene.random.pick(['now', 'later', 'timed']) } }),
  }),
  cancel: () => ({}),
  restore: (scene) =>
    scene.life.billing === 'prepaid'
      ? {
          renewal: {
            months: scene.random.int(1, 3),
            ...(scene.random.chance(0.2) ? { paid: somePaid(scene) } : {}),
          },
        }
      : {},
  purge: ({ id }) => ({ confirm: id }),
};

function quoteOf({ random, quotes: { own, others } }: Scene): string {
  if (own.length && random.chance(0.7)) return random.chance(0.6) ? own.at(-1)! : random.pick(own);
  return others.length && random.chance(0.7) ? random.pick(others) : `q_${randomUUID()}`;
}

/** A signal, or an update typed by hand in its shape. */
function signal(scene: Scene, way: Sending['way']): Sending {
  const { random, life, id } = scene;
  const fitting: SignalName[] =
    life.state === 'isolated' ? ['restore', 'purge', 'restore'] : ['terminate', 'cancel', 'terminate'];
  const signalName = random.chance(0.75) ? random.pick(fitting) : random.pick(SIGNAL_NAMES);
  const right = PAYLOADS[signalName](scene);
  const payload = { ...envelopeOf(scene), ...(random.chance(0.25) ? spoilt(random, right) : right) };
  const name = nameOf(random, signalName, way === 'signal' ? SIGNAL_NAMES : UPDATE_NAMES);
  if (way === 'update' || random.chance(0.5))
    return { way, name, args: [payload], updateId: updateIdOf(scene, payload.id) };
  // Signed is what the payload asks for, as the workflow reads it.
  const reading = readSignal(signalName, id, payload as never);
  if (!('command' in reading)) return { way, name, args: [payload] };
  const { id: messageId, by } = payload as Envelope;
  const { args, honest } = signedSomehow(scene, { id: messageId, by, command: reading.command }, 0.6);
  const { signature } = args[0] as { signature?: unknown };
  return { way, name, args: [{ ...payload, ...(signature === undefined ? {} : { signature }) }], honest };
}

const nameOf = (random: Random, right: string, others: string[]): string => {
  if (random.chance(0.9)) return right;
  return random.chance(0.7) ? random.pick(others) : random.pick(STRANGE_NAMES);
};

function envelopeOf(scene: Scene): { id: unknown; by: unknown } {
  const { random } = scene;
  const id = random.chance(0.7) ? randomUUID() : random.pick(IDS)(scene);
  const by = random.chance(0.9) ? 'operator' : random.pick(NAMES)(scene);
  return { id, by };
}

function updateIdOf({ random, ids }: Scene, id: unknown): string | undefined {
  if (random.chance(0.8)) return undefined;
  const given = random.chance(0.5)
    ? [id]
    : ['', `key/operator/${randomUUID()}`, 'sunset/x', 'x'.repeat(1001), 'register/x', ...ids.slice(-5)];
  const one = random.pick(given);
  // gRPC has no other text than well-formed one.
  return typeof one === 'string' && one.length <= 1001 && !/\p{Cs}/u.test(one) ? one : undefined;
}

/** As it is sent: what JSON can't say is gone. */
const asSent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const ofItsForm = (): string => `${Date.now().toString(36)}.${'A'.repeat(43)}`;
const forger = createSignatures('another-operator-key');
const anotherThan = ({ name }: Command): Command => ({ name: name === 'cancel' ? 'purge' : 'cancel' });
const FORGERIES: ((scene: Scene, message: Signable) => unknown)[] = [
  () => undefined,
  () => undefined,
  () => undefined,
  () => ofItsForm(),
  ({ random, letters }) => (letters.length ? random.pick(letters).signature : ofItsForm()),
  ({ id }, message) => forger.sign(id, message),
  ({ signatures }, message) => signatures.sign('another-instance', message),
  ({ id, signatures }, message) => signatures.sign(id, { ...message, by: 'somebody-else' }),
  ({ id, signatures }, message) => signatures.sign(id, { ...message, id: 'another' }),
  ({ id, signatures }, message) => signatures.sign(id, { ...message, command: anotherThan(message.command) }),
  ({ id, signatures }, message) => signatures.updateId(id, message).replace('u/', 'update.'),
  () => '',
  () => 42,
  () => ({}),
];

function signedSomehow(
  scene: Scene,
  unsigned: Signable,
  honestly: number,
): { args: unknown[]; honest?: Letter } {
  const { random, id, signatures, letters } = scene;
  const message = asSent(unsigned);
  // No caller of the API has a name like that.
  if (random.chance(honestly) && !(typeof message.by === 'string' && isUnsignedName(message.by))) {
    const letter = { instanceId: id, message, signature: signatures.sign(id, message) };
    letters.push(letter);
    return { args: [{ ...message, signature: letter.signature }], honest: letter };
  }
  // A letter of this instance's or of another's, whole, once more.
  const again = random.chance(0.15) && letters.length ? random.pick(letters) : undefined;
  if (again) return { args: [{ ...again.message, signature: again.signature }] };
  const signature = random.pick(FORGERIES)(scene, message);
  return { args: [{ ...message, ...(signature === undefined ? {} : { signature }) }] };
}

/** Something in it is missing, of another kind, or too much. */
function spoilt(random: Random, value: Fields): Fields {
  const copy = structuredClone(value);
  const places: [Fields, string][] = [];
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return;
    for (const key of Object.keys(one)) {
      places.push([one as Fields, key]);
      walk((one as Fields)[key]);
    }
  };
  walk(copy);
  // The rules of a product are most of what there is: the rest is to have its turn.
  const [place, key] = places.length
    ? random.pick(random.chance(0.5) ? places.slice(0, 8) : places)
    : [copy, 'name'];
  const how = random.int(1, 6);
  if (how === 1) delete place[key];
  else if (how === 2) place[key] = [place[key]];
  else if (how === 3)
    copy[random.pick(['extra', 'by', 'id', 'name', 'paid', 'confirm'])] = random.pick(JUNK)(random);
  else place[key] = random.pick(JUNK)(random);
  return copy;
}

/** One message to the instance. */
export function makeUp(scene: Scene): Sending {
  const { random } = scene;
  const kind = random.next();
  if (kind < 0.5) return update(scene);
  if (kind < 0.78) return signal(scene, 'signal');
  if (kind < 0.86) return signal(scene, 'update');
  const way = random.pick<Sending['way']>(['update', 'signal']);
  const name = nameOf(random, random.pick(way === 'signal' ? SIGNAL_NAMES : UPDATE_NAMES), STRANGE_NAMES);
  if (kind < 0.94) return { way, name, args: random.pick(NO_MESSAGES)(random) };
  return { way, name, args: [random.chance(0.6) ? random.pick(RAW)() : random.pick(ODD_JSON)(scene)] };
}

/** Commands of which one can always be carried out while there is a life, whatever it has been through. */
const RIGHT: Command[] = [
  { name: 'stop' },
  { name: 'start' },
  { name: 'end-operation', power: 'running' },
  { name: 'protect', reason: 'still there' },
  { name: 'unprotect', reason: 'still there', liftHold: true },
];

/** @param isPossible whether the instance would take it as it stands */
export const rightCommand = (isPossible: (command: Command) => boolean): Command | undefined =>
  RIGHT.find(isPossible);

/**
 * Three of them make the server suggest a new run (4 MiB of history); it says so with the first message after
 * them.
 */
export const ballast = (): Fields => ({ id: `ballast-${randomUUID()}`, note: 'x'.repeat(1_450_000) });

/** For a failure's message: what was sent, in a line. */
export function inShort({ way, name, args, updateId, honest }: Sending): string {
  const shown = args.map((arg) =>
    arg instanceof RawValue ? `<${Buffer.from(arg.payload.data!)}>` : shorten(JSON.stringify(arg) ?? ''),
  );
  const id = updateId === undefined ? '' : ` as ${JSON.stringify(updateId).slice(0, 80)}`;
  return `${way} ${shorten(name)}(${shown.join(', ')})${id}${honest ? ' honest' : ''}`;
}

const shorten = (text: string): string =>
  text.length > 300 ? `${text.slice(0, 300)}… (${text.length})` : text;
