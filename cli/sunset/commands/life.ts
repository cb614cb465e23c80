/**
 * `sunset timeline`, `fast-forward`, `repair`: what happened to an instance, moving its clock ahead, and
 * starting its lost workflow again.
 */
import type { Command } from 'commander';
import type { AcceptedAnswer, InstanceAnswer, TimelineAnswer } from '../../../contract/answers';
import type { Text } from '../../../domain/text';
import { instancePath } from '../client';
import { type ListOptions, list, paged } from '../lists';
import { commandAll, run } from '../run';
import { when } from '../text';

const HEAD: Text[] = [
  { en: 'step', zh: '步骤' },
  { en: 'at (its own clock)', zh: '时间（实例时钟）' },
  { en: 'what', zh: '操作' },
  { en: 'state', zh: '状态' },
  { en: 'by', zh: '操作者' },
  { en: 'refund', zh: '退款' },
  { en: 'details', zh: '详情' },
];

/** What there is to say, in short; the whole of it is in --json. */
function detailsOf({ details }: TimelineAnswer): string {
  const shownDetails = Object.entries(details ?? {}).filter(
    ([name, value]) => value !== null && value !== false && name !== 'terminationId',
  );
  return shownDetails.map(([name, value]) => `${name} ${shown(value)}`).join(', ');
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(' ') || '–';
  if (typeof value === 'string') return /^\d{4}-\d{2}-\d{2}T/.test(value) ? when(value) : value;
  if (typeof value !== 'object' || value === null) return String(value);
  // Of a part or an order its id is enough; of a schedule all of it.
  return 'id' in value ? String(value.id) : Object.values(value).map(shown).join(' ');
}

const stateOf = ({ from, to, outcome, code }: TimelineAnswer): string => {
  if (outcome === 'refused') return `${to} [${code}]`;
  return from === null || from === to ? to : `${from} → ${to}`;
};

export function addLife(program: Command): void {
  paged(
    program.command('timeline').description('what happened to an instance').argument('<id>', 'instance'),
  ).action(async (id: string, page: ListOptions, command: Command) =>
    run(command, (session) =>
      list<TimelineAnswer>(session, instancePath(id, '/timeline'), {}, page, HEAD, (one) => [
        one.step,
        when(one.effectiveAt),
        one.outcome === 'refused' ? `${one.command} ✗` : one.command,
        stateOf(one),
        one.by,
        one.refundId,
        detailsOf(one) || '–',
      ]),
    ),
  );
  program
    .command('repair')
    .description('start the workflow of a lost life again')
    .argument('<id...>', 'instances')
    .option('--restart', 'also when one runs: it is ended first, with what it has not recorded', false)
    .action(async (ids: string[], { restart }: { restart: boolean }, command: Command) =>
      run(command, (session) =>
        // The same life can be lost twice: what makes one repair of a repeat is --idempotency-key.
        commandAll(session, ids, session.say({ en: 'starting again', zh: '重新启动' }), (one) =>
          session.api.post<InstanceAnswer | AcceptedAnswer>(
            instancePath(one, '/repair'),
            restart ? { restart } : {},
            session.idempotencyKey,
          ),
        ),
      ),
    );
  program
    .command('fast-forward')
    .description('move an instance’s clock ahead (sandbox only)')
    .argument('<id>', 'instance')
    .argument('<duration>', 'ISO-8601: P7D, PT2H')
    .action(async (id: string, duration: string, _: unknown, command: Command) =>
      run(command, (session) =>
        // Two moves in a row are two, so no key is derived: what makes one move of a repeat is
        // --idempotency-key.
        commandAll(session, [id], '', (one) =>
          session.api.post<InstanceAnswer | AcceptedAnswer>(
            instancePath(one, '/fast-forward'),
            { duration },
            session.idempotencyKey,
          ),
        ),
      ),
    );
}
