/**
 * A life with more history than one run may have: continue-as-new loses nothing. The server's own limit, no
 * knob turned.
 */
import { randomUUID } from 'node:crypto';
import { lifeQuery, UPDATES, workflowId } from '../../workflows/messages';
import { cvmPostpaid, end, fastForward, fromNow, instanceOf, register, timelineOf } from '../support/lives';
import { signed, useService } from '../support/service';

const { service } = useService();

it('state, deadline and answered commands go over to the next run', async () => {
  const { http, client } = service;
  const id = await register(http, cvmPostpaid());
  const at = fromNow(3_600_000);
  await end(http, [id], { schedule: { mode: 'timed', at } });
  const handle = client.workflow.getHandle(workflowId(id));
  const firstRun = (await handle.describe()).runId;
  const power = async (name: 'start' | 'stop', commandId: string) =>
    await handle.executeUpdate(UPDATES.power, {
      args: [signed(service, id, { id: commandId, by: 'operator', command: { name } })],
      updateId: `${commandId}/${randomUUID()}`,
    });

  let toggles = 0;
  let last = { id: '', name: 'start' as 'start' | 'stop', step: 0 };
  // Looking at the run now and then costs less than the toggles themselves.
  while (toggles % 20 !== 0 || toggles === 0 || (await handle.describe()).runId === firstRun) {
    const name = toggles % 2 === 0 ? 'stop' : 'start';
    const { step } = await power(name, `toggle-${toggles}`);
    last = { id: `toggle-${toggles}`, name, step };
    toggles += 1;
  }
  const { historyLength } = await handle.describe();
  expect(historyLength).toBeLessThan(1000);

  const stored = (await service.pool.query('SELECT life FROM instances WHERE id = $1', [id])).rows[0].life;
  expect(await handle.query(lifeQuery)).toEqual(stored);
  expect(stored.step).toBe(toggles + 1);
  // The same command under another update id, in another run: its first answer, and no step.
  expect(await power(last.name, last.id)).toMatchObject({ step: last.step });
  expect((await instanceOf(http, id)).step).toBe(toggles + 1);

  expect((await instanceOf(http, id)).termination).toMatchObject({ at });
  await fastForward(http, id, 'PT1H5S');
  expect((await timelineOf(http, id)).at(-1)).toMatchObject({
    step: expect.any(Number),
    command: expect.any(String),
  });
  expect((await instanceOf(http, id)).state).toBe('terminated');
}, 180_000);
