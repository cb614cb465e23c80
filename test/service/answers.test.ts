/**
 * The true answer, whatever else is under way: a command that took effect is 200, one that did not and can't
 * any more is 409, and one that was surely not sent is 429 (L20). A 202 is for what may still happen, and
 * nothing else.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { workflowId } from '../../workflows/messages';
import type { Reply } from '../support/http';
import {
  cvmPostpaid,
  end,
  expectStatus,
  type Fields,
  instanceOf,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { inParallel, range } from '../support/parallel';
import { SCALE } from '../support/scale';
import { signed, useService } from '../support/service';

const { service, http } = useService();

const ASYNC = { headers: { prefer: 'respond-async' } };
const doneBy = async (id: string, command: string): Promise<number> =>
  (await timelineOf(http, id)).filter((step) => step.command === command && step.outcome === 'done').length;

describe('restore and purge sent together, one of them as a signal', () => {
  const PAIRS = [
    ['restore', 'purge'],
    ['purge', 'restore'],
  ] as const;

  it.each(PAIRS)(
    'L8: the answer of a %s beside a signalled %s is what became of it',
    async (asked, beside) => {
      const ids = await inParallel(range(16 * SCALE), () => register(http, redisPostpaid()), 4);
      await inParallel(ids, (id) => end(http, [id]), 4);
      const bodies: Record<string, (id: string) => Fields> = {
        restore: () => ({}),
        purge: (id) => ({ confirm: id }),
      };
      const send = (id: string, command: string, options = {}) =>
        http.post(`/v1/instances/${id}/${command}`, bodies[command]!(id), options);
      // A signal that comes while a workflow is ending makes its task fail, and with it the update that came
      // along (FAILED_PRECONDITION).
      const disturb = async (id: string, ms: number): Promise<Reply> => {
        await sleep(ms);
        return await http.post(`/v1/instances/${id}/cancel`, {}, ASYNC);
      };
      const told = await inParallel(
        ids,
        async (id) => {
          const [reply] = await Promise.all([
            send(id, asked),
            send(id, beside, ASYNC),
            ...[0, 3, 6, 9].map((ms) => disturb(id, ms)),
          ]);
          return { id, status: reply.status, took: await doneBy(id, asked) };
        },
        2,
      );
      expect(told.filter(({ status, took }) => status !== (took ? 200 : 409))).toEqual([]);
    },
  );
});

describe('a storm on one instance', () => {
  it('L20: 60 at once are answered at once: each happened, was refused by the state, or was not sent', async () => {
    const id = await register(http, cvmPostpaid());
    const begun = Date.now();
    const replies = await Promise.all(
      range(60).map(async (n) => {
        const reply = await http.post(
          `/v1/instances/${id}/${n % 2 ? 'start' : 'stop'}`,
          {},
          { key: `storm-${n}` },
        );
        return { n, reply, ms: Date.now() - begun };
      }),
    );
    const by = (status: number): typeof replies => replies.filter(({ reply }) => reply.status === status);
    expect(by(200).length + by(409).length + by(429).length).toBe(60);
    expect(by(200).length).toBeGreaterThan(0);
    expect(by(429).length).toBeGreaterThan(0);
    expect(by(200)).toHaveLength((await doneBy(id, 'start')) + (await doneBy(id, 'stop')));
    for (const { reply } of by(429)) {
      expect(reply.body.code).toBe('TOO_MANY_COMMANDS');
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    // The same key asks again: nothing was kept of the 429.
    const { n } = by(429)[0]!;
    const again = await http.post(
      `/v1/instances/${id}/${n % 2 ? 'start' : 'stop'}`,
      {},
      { key: `storm-${n}` },
    );
    expect([200, 409]).toContain(again.status);
  });

  it('L20: so it is when the others came by another way, up to the server’s own limit', async () => {
    const id = await register(http, cvmPostpaid());
    const [worker] = service.workers;
    await worker!.stop();
    const handle = service.client.workflow.getHandle(workflowId(id));
    const others = range(10).map((n) => {
      const message = signed(service, id, {
        id: randomUUID(),
        by: 'operator',
        command: { name: n % 2 ? 'start' : 'stop' },
      });
      return handle
        .executeUpdate('power', { args: [message] as unknown as [] })
        .catch((error: Error) => error);
    });
    const refused = await until(async () => {
      const begun = Date.now();
      const reply: Reply = await http.post(`/v1/instances/${id}/stop`);
      return reply.status === 429 && { reply, ms: Date.now() - begun };
    }, 'the server to have its ten');
    expect(refused.reply.body.code).toBe('TOO_MANY_COMMANDS');
    // The SDK would have tried for as long as anybody waits.
    expect(refused.ms).toBeLessThan(3000);
    await service.startWorker();
    await Promise.all(others);
    expectStatus(await http.post(`/v1/instances/${id}/protect`, { reason: 'quiet again' }), 200);
    expect((await instanceOf(http, id)).protection).not.toBeNull();
  });
});
