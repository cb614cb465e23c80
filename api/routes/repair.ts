/** Lives that Temporal has lost (L14): what the watch has seen, and starting one again from what is stored. */
import { z } from 'zod';
import { acceptedAnswer, instanceAnswer } from '../../contract/answers';
import { byId } from '../../contract/requests';
import type { InstanceRow } from '../../store/lives/instances';
import { storedLife } from '../../store/lives/repair';
import { lastWatch } from '../../store/lives/watch';
import { fastForward } from '../../temporal/fast-forward';
import { abandon, hasBegun, hasWorkflow, startAgain } from '../../temporal/lives';
import { Unavailable } from '../../temporal/meaning';
import type { Reply } from '../call';
import { instanceReply, optionsOf, unansweredReply } from '../commands';
import type { ApiDeps } from '../deps';
import { Problem } from '../errors';
import { existingInstance } from '../existing';
import { derivedId } from '../idempotency';
import { type Route, route } from '../route';
import type { InstanceCall } from './command';

const TAG = 'Service';
const FORWARD_MS = 30_000;

const repairSchema = z
  .strictObject({
    restart: z.boolean().optional().meta({ description: 'Also when a workflow runs: it is ended first, with what it has not recorded.' }),
  })
  .meta({ id: 'Repair' });

const count = z.number().int();
const watchAnswer = z
  .object({
    at: z.string().nullable().meta({ description: 'When it was looked last; null: not yet. Older than some minutes: no worker looks.' }),
    lost: count.meta({ description: 'Lives without a running workflow: nothing happens to them any more. Repair them.' }),
    stuck: count.meta({ description: 'Lives whose workflow does not answer.' }),
    overdue: count.meta({ description: 'Lives whose workflow answers, and has not taken a deadline that is more than a minute past.' }),
    items: z.array(z.object({ instanceId: z.string(), kind: z.enum(['lost', 'stuck', 'overdue']), detail: z.string(), since: z.string() })),
  })
  .meta({ id: 'Watch' });

export const repairRoutes = (deps: ApiDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/troubles',
    tag: TAG,
    summary: 'Lives that are lost, stuck or overdue',
    description: 'As a worker saw them last; it looks every half minute, at a thousand of each at most.',
    permission: 'operate',
    staffOnly: true,
    answers: { 200: { description: 'What was seen.', schema: watchAnswer } },
    handle: async () => {
      const watch = await lastWatch(deps.pool);
      const counts = watch?.counts ?? { lost: 0, stuck: 0, overdue: 0 };
      return { status: 200, body: { at: watch?.at ?? null, ...counts, items: watch?.troubles ?? [] } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/instances/{id}/repair',
    tag: TAG,
    summary: 'Start the lost workflow of an instance again',
    description: 'From the life as it is stored; deadlines that came due meanwhile are taken at once.',
    permission: 'operate',
    params: byId,
    body: repairSchema,
    answers: {
      200: { description: 'The instance; its workflow runs again.', schema: instanceAnswer },
      202: { description: 'Started, and no worker has taken it up yet.', schema: acceptedAnswer, location: 'The instance.' },
    },
    problems: { 404: ['NOT_FOUND'], 409: ['NOT_LOST', 'WRONG_STATE'] },
    handle: (call) => repair(deps, call),
  }),
];

async function repair(deps: ApiDeps, call: InstanceCall<z.output<typeof repairSchema>>): Promise<Reply> {
  const row = await existingInstance(deps, call.caller, call.params.id);
  if (row.life.state === 'terminated') throw new Problem('WRONG_STATE', { state: row.life.state });
  const reason = `repaired by ${call.caller.name}`;
  if (await hasWorkflow(deps.temporal, row.id)) {
    if (!call.body.restart) throw new Problem('NOT_LOST', { state: row.life.state });
    await abandon(deps.temporal, row.id, reason, optionsOf(deps));
  }
  deps.logger.warn({ instanceId: row.id, by: call.caller.name }, 'its workflow is started again');
  // Read after the old one has ended: whatever it has recorded is in it.
  await startAgain(deps.temporal, (await storedLife(deps.pool, row.id))!, optionsOf(deps));
  try {
    await hasBegun(deps.temporal, row.id, optionsOf(deps));
    await forwardAgain(deps, row, call.commandId);
  } catch (error) {
    if (error instanceof Unavailable) return await unansweredReply(deps, row.id, call.lang, error);
    throw error;
  }
  return instanceReply(await existingInstance(deps, call.caller, row.id));
}

/** Sandbox: a new workflow has the clock of the wall, and the instance’s had been moved ahead of that (decision 10). */
async function forwardAgain(deps: ApiDeps, { id, clockOffsetMs }: InstanceRow, commandId: string): Promise<void> {
  if (clockOffsetMs === 0 || !deps.timeSkipping) return;
  const { temporal: client, namespace, fastForwardWaitMs: waitMs = FORWARD_MS } = deps;
  const move = { client, namespace, instanceId: id, id: derivedId('f', `${commandId}/repair`), waitMs };
  await fastForward({ ...move, toMs: Date.now() + clockOffsetMs });
}
