/**
 * `npm run docs`: writes the parts of docs/ that are made from code (the state machine, the outcomes, the
 * money's ways, the documents' cases), each between its markers. With --check it changes nothing and exits 1
 * when a part is not what the code says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { presentQuoteItem } from '../contract/present';
import type { Command } from '../domain/commands';
import { arrive, begin, isToCross, turnBack } from '../domain/crossing';
import type { StoredOrder } from '../domain/instance';
import { endedPostings, type Posting, paidPostings, refundPostings } from '../domain/journal';
import { advance, decide, type Life, newLife } from '../domain/lifecycle';
import { quoteOffline } from '../domain/offline';
import type { Ending, Policy, WorkedExample } from '../domain/policy';
import { refundOf } from '../domain/subject';
import { ACTIONS as JD_ACTIONS } from '../facades/jd/actions';
import { TENCENT_SERVICES } from '../facades/tencent';
import type { Service } from '../facades/tencent/action';
import { SUNSET_CODES } from '../facades/tencent/codes';
import { POLICIES } from '../policies';

const DOCS = join(__dirname, '..', 'docs');
const FILES = ['concepts.md', 'refunds.md', 'vendor-apis.md', 'control-planes.md'];
const PARTS: Record<string, () => string> = {
  states: stateMachine,
  outcomes,
  money: moneyFlow,
  cases,
  tencent,
  jd,
  crossings,
  sequence,
};

const AT = '2026-11-03T00:00:00.000Z';

/**
 * Every transition that `decide` and the deadlines make, found by trying each command in each state of each
 * kind of instance.
 */
function stateMachine(): string {
  const edges = new Map<string, Set<string>>();
  const add = (from: string, to: string, label: string): void => {
    const key = `${from} --> ${to}`;
    edges.set(key, (edges.get(key) ?? new Set()).add(label));
  };
  for (const policy of POLICIES) {
    for (const life of kindsOf(policy)) explore(life, policy, add);
  }
  const lines = [...edges].map(([edge, labels]) => `  ${edge} : ${[...labels].sort().join(', ')}`);
  return ['```mermaid', 'stateDiagram-v2', ...lines.sort(), '  terminated --> [*]', '```'].join('\n');
}

function kindsOf(policy: Policy): Life[] {
  return policy.examples
    .filter(({ instance }) => instance.state !== 'changing')
    .map(({ instance }) => newLife(instance.id, { ...instance, state: instance.state }, policy.lifecycle));
}

function commandsFor(life: Life, policy: Policy): Command[] {
  const { action, modes } = policy.lifecycle.end[life.billing];
  const schedules = Object.keys(modes).map((mode) =>
    mode === 'timed' ? { mode, at: '2026-11-04T00:00:00Z' } : { mode },
  );
  return [
    ...schedules.map(
      (schedule) =>
        ({ name: 'terminate', action, schedule, terminationId: 't', rules: policy.lifecycle }) as Command,
    ),
    { name: 'restore', ...(life.billing === 'prepaid' ? { renewal: { months: 1 } } : {}) },
    { name: 'purge' },
    { name: 'start' },
    { name: 'stop' },
    { name: 'undo', refundId: 'r', reason: 'by mistake' },
    { name: 'switch-network' },
    ...(life.billing === 'prepaid'
      ? [
          {
            name: 'amend',
            order: { kind: 'renewal', channel: 'standard', months: 1 },
            rules: policy.lifecycle,
          } as Command,
        ]
      : []),
  ];
}

function explore(first: Life, policy: Policy, add: (from: string, to: string, label: string) => void): void {
  const seen = new Set<string>();
  const queue = [first, { ...first, state: 'changing' as const }];
  for (let life = queue.pop(); life; life = queue.pop()) {
    const key = `${life.state} ${life.power} ${life.termination !== null} ${life.orders.length}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const command of commandsFor(life, policy)) {
      const decision = decide(life, command, AT);
      if (!decision.ok) continue;
      if (decision.next.state !== life.state) add(life.state, decision.next.state, labelOf(command));
      queue.push(decision.next);
    }
    const later = advance(life, '2027-11-02T00:00:00Z');
    if (later.state !== life.state && life.state !== 'isolated')
      add(life.state, firstStop(life), life.termination ? 'timed' : 'expiry');
    if (life.state === 'isolated') add('isolated', 'terminated', 'end of the bin');
  }
}

/** Where the next deadline leads, not those after it. */
function firstStop(life: Life): string {
  const due = life.termination?.at ?? life.orders.map((order) => order.endsAt).sort()[0]!;
  return advance(life, due).state;
}

function labelOf(command: Command): string {
  if (command.name === 'terminate') return `${command.action} ${command.schedule.mode}`;
  return command.name === 'amend' ? 'renew' : command.name;
}

/** A life that a control plane carries out, after its command has set it out. */
function setOut(life: Life, command: Command): { decided: Life; there: Life } | undefined {
  const decision = decide(life, command, AT);
  if (!decision.ok || !isToCross(life, decision.next, { command })) return undefined;
  const envelope = { id: 'c', by: 'operator' };
  return { decided: decision.next, there: begin(life, decision, { command }, envelope, AT).next };
}

/** What has to be carried out, found by trying each command in each state. */
function crossings(): string {
  const rows = new Set<string>();
  for (const policy of POLICIES) {
    for (const first of kindsOf(policy)) {
      for (const life of statesOf({ ...first, driver: 'south' })) {
        for (const command of commandsFor(life, policy)) {
          const out = setOut(life, command);
          if (!out) continue;
          const { goal } = out.there.crossing!;
          rows.add(
            `| ${labelOf(command)} | ${life.state} | ${out.there.state} | ${goal} | ${out.decided.state} |`,
          );
        }
      }
    }
  }
  return ['| what | from | meanwhile | goal | then |', '|---|---|---|---|---|', ...[...rows].sort()].join(
    '\n',
  );
}

/** As it is, and as it is once each of its commands was carried out. */
function statesOf(life: Life): Life[] {
  const policy = POLICIES.find(({ product }) => product === life.product)!;
  const next = commandsFor(life, policy).flatMap((command) => {
    const decision = decide(life, command, AT);
    return decision.ok ? [decision.next] : [];
  });
  return [life, ...next];
}

/** A return, message by message. */
function sequence(): string {
  const policy = POLICIES.find(({ product }) => product === 'tencent-cvm')!;
  const prepaid = kindsOf(policy).find(({ billing }) => billing === 'prepaid')!;
  const command = commandsFor(prepaid, policy)[0]!;
  const { there } = setOut({ ...prepaid, driver: 'south' }, command)!;
  const { goal, step } = there.crossing!;
  const arrived = arrive(there, AT);
  const back = turnBack(there, { code: 'CONTROL_PLANE_REFUSED', message: '' }, AT)!;
  if (!arrived.ok) throw new Error('a return that does not arrive');
  const effects = (list: readonly { type: string }[]): string => list.map(({ type }) => type).join(', ');
  return [
    '```mermaid',
    'sequenceDiagram',
    '  participant O as operator',
    '  participant S as Sunset',
    '  participant P as control plane',
    `  O->>S: ${labelOf(command)}`,
    `  Note over S: step ${step}: ${prepaid.state} → ${there.state}`,
    `  S->>P: GET /instances/${prepaid.id}`,
    `  S->>P: POST /apply, goal ${goal}, stepKey ${prepaid.id}/${step}`,
    '  alt under way',
    '    P-->>S: 202 pending, or nothing',
    '    Note over S: asks again; sooner when it is called back',
    '  else carried out',
    '    P-->>S: 200 done',
    `    S->>P: GET /instances/${prepaid.id}`,
    `    Note over S: seen to be ${goal}: ${there.state} → ${arrived.next.state} (${effects(arrived.effects)})`,
    '  else refused for good',
    '    P-->>S: 409 refused',
    `    Note over S: ${there.state} → ${back.next.state} (${effects(back.effects)})`,
    '  end',
    '```',
  ].join('\n');
}

const HOUR = 3600;
const kept = (seconds: number): string =>
  seconds % (24 * HOUR) === 0 ? `${seconds / (24 * HOUR)} d` : `${seconds / HOUR} h`;
const shown = (ending: Ending | undefined): string => {
  if (!ending) return '–';
  return ending.into === 'bin' ? `bin for ${kept(ending.retentionSeconds)}` : ending.into;
};

function outcomes(): string {
  const rows = POLICIES.flatMap((policy) =>
    (['postpaid', 'prepaid'] as const).map((billing) => {
      const { action, modes, requires } = policy.lifecycle.end[billing];
      const expiry = billing === 'prepaid' ? shown(policy.lifecycle.expiry) : '–';
      const cells = [
        policy.product,
        billing,
        action,
        shown(modes.now),
        shown(modes.later),
        shown(modes.timed),
        requires.join(', ') || '–',
        expiry,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  );
  return [
    '| product | billing | action | now | later | timed | requires | at expiry |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** The ways of the money in a life, from the postings themselves. */
function moneyFlow(): string {
  const { policy, example } = exampleOf('003-39');
  const orders: StoredOrder[] = example.instance.orders.map((order) => ({
    ...order,
    closedAt: null,
    endedAt: null,
  }));
  const promoted = orders.map((order) => ({ ...order, channel: 'promotion' as const }));
  const refund = refundOf(
    { facts: example.instance, orders: promoted, policy, at: example.at },
    'ordinary',
    true,
  );
  const flows: [string, Posting[]][] = [
    ['J1 paid', paidPostings(orders[0]!, 'world', 'CNY')],
    ['J1 debited', paidPostings(orders[0]!, 'customer', 'CNY')],
    ['J2 return', refundPostings(refund, promoted)],
    ['J3 order ends', endedPostings(orders, 'CNY')],
  ];
  const node = (name: string): string =>
    `${name.replace(/\W/g, '_')}["${name.replace(/:o1$/, ':order').replace(/:cash$/, ':source')}"]`;
  const edges = flows.flatMap(([label, postings]) =>
    postings.map(({ source, destination }) => `  ${node(source)} -- ${label} --> ${node(destination)}`),
  );
  return ['```mermaid', 'flowchart LR', ...new Set(edges), '```'].join('\n');
}

function exampleOf(rule: string): { policy: Policy; example: WorkedExample } {
  for (const policy of POLICIES) {
    const example = policy.examples.find((one) => one.rule === rule);
    if (example) return { policy, example };
  }
  throw new Error(`no worked example for ${rule}`);
}

/** The documents' cases, computed now. */
function cases(): string {
  const paid = POLICIES.flatMap((policy) =>
    policy.examples
      .filter(({ expected }) => expected.amount && expected.kind !== 'none')
      .map((example) => ({ policy, example })),
  );
  return paid.map(({ policy, example }) => oneCase(policy, example)).join('\n\n');
}

function oneCase(policy: Policy, example: WorkedExample): string {
  const { schedule = { mode: 'now' }, assisted, ...rest } = example;
  const { refund } = presentQuoteItem(quoteOffline({ ...rest, schedule, assisted, policy }), 'en');
  const lines = refund.lines!.map((line) => `| ${line.label} | ${line.formula} | ${line.amount} |`);
  return [
    `**${example.rule}** ${policy.name.en}: ${example.title}`,
    '',
    '| | | |',
    '|---|---|---:|',
    ...lines,
    `| **refund (${refund.kind})** | | **${refund.amount} ${refund.currency}** |`,
  ].join('\n');
}

/** What is answered of Tencent Cloud's APIs, and which of its codes says what. */
function tencent(): string {
  return TENCENT_SERVICES.map((service) =>
    [
      `### ${service.name} ${service.version}`,
      '',
      '| action | what it is here | parameters | takes one of |',
      '|---|---|---|---|',
      ...service.actions.map(({ name, summary, params, permissions }) => {
        const fields = Object.keys((params as z.ZodObject).shape);
        const words = (names: readonly string[]): string => names.map((one) => `\`${one}\``).join(' ');
        return `| \`${name}\` | ${summary} | ${words(fields)} | ${words(permissions)} |`;
      }),
      '',
      'Its own codes, and the API’s codes that they stand for (all others have one of the common ones):',
      '',
      '| code | of the API |',
      '|---|---|',
      ...codesOf(service).map(([code, ours]) => `| \`${code}\` | ${ours.join(' ')} |`),
    ].join('\n'),
  ).join('\n\n');
}

/** What is answered of JD Cloud's API. */
function jd(): string {
  return [
    '| call | name | what it is here | parameters | takes |',
    '|---|---|---|---|---|',
    ...JD_ACTIONS.map(({ name, method, path, summary, params, permission }) => {
      const fields = Object.keys((params as z.ZodObject).shape).map((one) => `\`${one}\``);
      const call = `\`${method} /v1/regions/{regionId}${path}\``;
      return `| ${call} | ${name} | ${summary} | ${fields.join(' ')} | \`${permission}\` |`;
    }),
  ].join('\n');
}

/** Of any of its actions: some have a code of their own for what is common to others. */
function codesOf({ actions, codeOf }: Service): [code: string, ours: string[]][] {
  const found = new Map<string, Set<string>>();
  for (const one of SUNSET_CODES) {
    for (const { name: action } of actions) {
      const code = codeOf(one, { action, state: null });
      if (code !== undefined) found.set(code, (found.get(code) ?? new Set()).add(`\`${one}\``));
    }
  }
  return [...found]
    .map(([code, ours]): [string, string[]] => [code, [...ours]])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Puts each part between `<!-- made by npm run docs (tools/docs.ts): name -->` and `<!-- end -->`. */
function fill(text: string): string {
  return text.replace(
    /(<!-- made by npm run docs \(tools\/docs\.ts\): (\w+) -->\n)[\s\S]*?(\n<!-- end -->)/g,
    (_, open: string, name: string, close: string) => {
      const make = PARTS[name];
      if (!make) throw new Error(`nothing makes a part named ${name}`);
      return `${open}${make()}${close}`;
    },
  );
}

function main(): void {
  const check = process.argv.includes('--check');
  for (const name of FILES) {
    const file = join(DOCS, name);
    const text = readFileSync(file, 'utf8');
    const filled = fill(text);
    if (filled === text) continue;
    if (!check) writeFileSync(file, filled);
    else process.exitCode = 1;
    process.stdout.write(
      `docs/${name} ${check ? 'is not what the code says: run npm run docs' : 'written'}\n`,
    );
  }
}

if (require.main === module) main();
