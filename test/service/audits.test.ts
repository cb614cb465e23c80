/**
 * Whole audits: the read model held against the workflows, what is only late put right, the result kept and
 * shown, and all of it done every night by a schedule.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workflowId } from '../../domain/ids';
import { acceptQuote } from '../../store/agreements/acceptance';
import type { AuditReport } from '../../store/audit';
import { type FinishedAudit, findingsOf, makeAudit, recordAudit } from '../../store/audit/runs';
import { compareWithWorkflows, noWorkflows, type Workflows } from '../../store/audit/workflows';
import { createPool } from '../../store/db';
import { ensureSchedules, scheduleId } from '../../worker/schedule';
import { workflowsOf } from '../../worker/workflows';
import {
  cvmPostpaid,
  cvmPrepaid,
  DAY,
  end,
  expectStatus,
  fastForward,
  fromNow,
  quote,
  redisPostpaid,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { useService } from '../support/service';
import { shared } from '../support/shared';

const NEVER = 2 ** 30;
let workflows: Workflows;
// Nothing is swept or sealed here but by audits.
const { service, http } = useService({ worker: { sweepEveryMs: NEVER, sealEveryMs: NEVER } });
beforeAll(async () => {
  workflows = workflowsOf(service.client, service.pool, service.taskQueue, service.signatures);
});

/** Short: nothing here needs long to settle, and a difference that stays is asked for several times. */
const pauseMs = 250;
const change = (sql: string, values: unknown[]) => service.pool.query(sql, values);
const audited = (more: Partial<Parameters<typeof makeAudit>[1]> = {}): Promise<FinishedAudit> =>
  makeAudit(service.pool, { id: `audit_${randomUUID()}`, trigger: 'command', workflows, pauseMs, ...more });
const compare = () => compareWithWorkflows(service.pool, workflows, { onProgress: () => {}, pauseMs });
const differing = async (): Promise<Record<string, string>> => {
  const { findings } = await compare();
  return Object.fromEntries(findings.map(({ id, detail }) => [id, detail]));
};

/** Takes an instance out of the books, as if it had never been. */
async function forget(...ids: string[]): Promise<void> {
  const owner = createPool(service.adminUrl, { max: 1 });
  await owner.query('ALTER TABLE steps DISABLE TRIGGER USER');
  for (const id of ids) {
    await owner.query('DELETE FROM steps WHERE instance_id = $1', [id]);
    await owner.query('DELETE FROM instances WHERE id = $1', [id]);
  }
  await owner.query('ALTER TABLE steps ENABLE TRIGGER USER');
  await owner.end();
}

describe('the read model and the workflows', () => {
  it('agree while lives of many kinds go on', async () => {
    const stories = [0, 1, 2].flatMap(() => [
      async () => end(http, [await register(http, cvmPrepaid())], { action: 'return' }),
      async () => end(http, [await register(http, redisPostpaid()), await register(http, cvmPostpaid())]),
      async () => {
        const id = await register(http, cvmPostpaid());
        await end(http, [id], { schedule: { mode: 'timed', at: fromNow(DAY) } });
        expectStatus(await http.post(`/v1/instances/${id}/reschedule`, { at: fromNow(2 * DAY) }), 200);
        await fastForward(http, id, 'P3D');
      },
    ]);
    let isOver = false;
    const over = Promise.all(stories.map((story) => story())).finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    let comparisons = 0;
    for (; !isOver; comparisons += 1) expect(await differing()).toEqual({});
    await over;
    expect(comparisons).toBeGreaterThan(0);
    const { compared, findings } = await compare();
    expect(findings).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(3);
  });

  it('a living instance whose workflow was terminated, or is not there at all', async () => {
    const [closed, gone, other] = [
      await register(http, cvmPostpaid()),
      await register(http, cvmPostpaid()),
      `other-${randomUUID()}`,
    ];
    await service.client.workflow.getHandle(workflowId(closed)).terminate('by hand');
    const owner = createPool(service.adminUrl, { max: 1 });
    // A row without a workflow: as after a restore of Temporal's database alone.
    await owner.query(
      `INSERT INTO instances (id, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by)
       SELECT $2, account, product, billing, region, state, step, facts, life, policy_id, registration_hash, registered_by
       FROM instances WHERE id = $1`,
      [gone, other],
    );
    expect(await differing()).toEqual({
      [closed]: 'is running, and its workflow is closed (TERMINATED)',
      [other]: 'is running, and has no workflow',
    });
    await owner.end();
    await forget(other, closed);
    expect(await differing()).toEqual({});
  });

  it('a workflow that runs without a row, and one whose instance is terminated', async () => {
    const ended = await register(http, cvmPostpaid());
    const ghost = `ghost-${randomUUID()}`;
    const { rows } = await change('SELECT life FROM instances WHERE id = $1', [ended]);
    const handle = await service.client.workflow.start('instance', {
      workflowId: workflowId(ghost),
      taskQueue: service.taskQueue,
      args: [{ life: { ...rows[0].life, id: ghost }, done: [] }],
    });
    await change("UPDATE instances SET state = 'terminated' WHERE id = $1", [ended]);
    const seen = await until(async () => {
      const all = await differing();
      return ghost in all && all;
    }, 'lists to know the workflow');
    expect(seen).toEqual({
      [ghost]: 'has a running workflow, and no row',
      [ended]: 'is terminated, and its workflow runs on',
    });
    await change("UPDATE instances SET state = 'running' WHERE id = $1", [ended]);
    await handle.terminate();
    await until(async () => !(ghost in (await differing())), 'lists to know that it has ended');
  });

  it('another state, step or release time than the row’s', async () => {
    const [state, time] = [await register(http, cvmPostpaid()), await register(http, cvmPostpaid())];
    await end(http, [time], { schedule: { mode: 'later' } });
    const { rows } = await change('SELECT purge_time, life FROM instances WHERE id = $1', [time]);
    const later = '2040-01-01T00:00:00.000Z';
    await change("UPDATE instances SET state = 'stopped', step = 7 WHERE id = $1", [state]);
    await change(
      `UPDATE instances SET life = jsonb_set(life, '{purgeTime}', to_jsonb($2::text)) WHERE id = $1`,
      [time, later],
    );
    expect(await differing()).toEqual({
      [state]: 'step 7, its workflow’s 0; state stopped, its workflow’s running',
      [time]: `release at ${later}, its workflow’s at ${rows[0].purge_time}`,
    });
    await change("UPDATE instances SET state = 'running', step = 0 WHERE id = $1", [state]);
    await change('UPDATE instances SET life = $2 WHERE id = $1', [time, rows[0].life]);
    expect(await differing()).toEqual({});
  });
});

describe('what is only late', () => {
  it('is put right and told, and is no finding: an item that was never sent, a transaction that nobody sealed', async () => {
    const id = await register(http, cvmPrepaid());
    const { id: quoteId } = await quote(http, [id], { action: 'return' });
    const terminationId = `t_${randomUUID()}`;
    expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject(
      { ok: true },
    );
    const { healed, ...report } = await audited({ lateSeconds: 0 });
    expect(healed).toContainEqual({ what: 'item', id: `${terminationId}/${id}` });
    expect(healed).toContainEqual({ what: 'seal', id: `tx_${id}_0` });
    expect(findingsOf(report)).toEqual([]);
    expect(expectStatus(await http.get(`/v1/terminations/${terminationId}`), 200).body).toMatchObject({
      status: 'done',
    });
    expect((await audited()).healed).toEqual([]);
  });

  it('more items than one hand of a sweep holds are put right at once', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => register(http, cvmPostpaid())));
    const { id: quoteId } = await quote(http, ids);
    const terminationId = `t_${randomUUID()}`;
    expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject(
      { ok: true },
    );
    const { healed, ...report } = await audited({ lateSeconds: 0 });
    for (const id of ids) expect(healed).toContainEqual({ what: 'item', id: `${terminationId}/${id}` });
    expect(findingsOf(report)).toEqual([]);
  });

  it('items of a large agreement that wait for their turn to be sent are not late', async () => {
    const [sent, next, unanswered] = await Promise.all(
      Array.from({ length: 3 }, () => register(http, cvmPostpaid())),
    );
    const { id: quoteId } = await quote(http, [sent!, next!, unanswered!]);
    const terminationId = `t_${randomUUID()}`;
    expect(await acceptQuote(service.pool, { quoteId, terminationId, by: 'test', via: 'api' })).toMatchObject(
      { ok: true },
    );
    const sentAt = (id: string, interval: string) =>
      change(
        'UPDATE termination_items SET tried_at = clock_timestamp() + $2::interval WHERE instance_id = $1',
        [id, interval],
      );
    // For as long as the audit takes.
    await sentAt(sent!, '1 minute');
    await sentAt(unanswered!, '-20 seconds');
    const { healed, ...report } = await audited({ lateSeconds: 0 });
    expect(healed.filter(({ what }) => what === 'item')).toEqual([
      { what: 'item', id: `${terminationId}/${unanswered}` },
    ]);
    expect(findingsOf(report)).toEqual([]);
    await sentAt(sent!, '-1 minute');
    await audited({ lateSeconds: 0 });
  });

  it('a deadline is woken; where that does not help it is a finding', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    // As if it lay three hours back: the workflow knows nothing of it.
    const move = (ms: number) => change('UPDATE instances SET clock_offset_ms = $2 WHERE id = $1', [id, ms]);
    await move(3 * 3_600_000);
    const stuck = await audited();
    expect(stuck.healed).toEqual([]);
    expect(findingsOf(stuck)).toEqual([
      {
        check: 'late',
        id,
        detail: expect.stringMatching(
          /^is isolated, though a deadline of it was at .*: another push did not help$/,
        ),
      },
    ]);
    // One that takes its deadline when it is asked.
    const waking: Workflows = {
      ...workflows,
      look: async (instanceId) => {
        await move(0);
        return await workflows.look(instanceId);
      },
    };
    const woken = await audited({ workflows: waking });
    expect(woken.healed).toEqual([{ what: 'deadline', id }]);
    expect(findingsOf(woken)).toEqual([]);
  });

  it('without Temporal late things are findings, and what was not compared is said', async () => {
    const id = await register(http, cvmPostpaid());
    await end(http, [id], { schedule: { mode: 'later' } });
    await change('UPDATE instances SET clock_offset_ms = 10800000 WHERE id = $1', [id]);
    const alone = await audited({ workflows: noWorkflows('it is away') });
    await change('UPDATE instances SET clock_offset_ms = 0 WHERE id = $1', [id]);
    expect(findingsOf(alone)).toMatchObject([
      { check: 'late', id, detail: expect.stringContaining("Temporal can't be asked (it is away)") },
    ]);
    expect(alone.checks.at(-1)).toMatchObject({ name: 'workflows', findings: [], skipped: 'it is away' });
    expect(alone.rows).not.toHaveProperty('workflows');
  });
});

describe('the record', () => {
  it('is listed, the latest first, shown by id, and kept once', async () => {
    const first = await audited();
    const many = Array.from({ length: 1200 }, (_, index) => ({
      check: 'late',
      id: `x${index}`,
      detail: 'made up',
    }));
    const second = { ...(await audited()), checks: [{ name: 'late', title: '', findings: many }] };
    for (const one of [first, second, second]) await recordAudit(service.pool, one);
    const page = expectStatus(await http.get('/v1/audits?limit=1'), 200).body;
    expect(page.items).toMatchObject([
      { id: second.id, trigger: 'command', found: 1200, healed: 0, skipped: [] },
    ]);
    expect(page.items[0]).not.toHaveProperty('findings');
    const next = expectStatus(await http.get(`/v1/audits?limit=1&cursor=${page.nextCursor}`), 200).body;
    expect(next.items).toMatchObject([
      { id: first.id, found: 0, head: first.head, rows: { instances: expect.any(Number) } },
    ]);
    const whole = expectStatus(await http.get(`/v1/audits/${second.id}`), 200).body;
    expect(whole).toMatchObject({ found: 1200, healings: [] });
    expect(whole.findings).toEqual(many.slice(0, 1000));
    expect((await http.get('/v1/audits/none')).body.code).toBe('NOT_FOUND');
  });

  it.each(['UPDATE audits SET finding_count = 0', 'DELETE FROM audits', 'TRUNCATE audits'])(
    'nobody can change it: %s',
    async (sql) => {
      const owner = createPool(service.adminUrl, { max: 1 });
      await expect(owner.query(sql)).rejects.toMatchObject({ code: '42501' });
      await owner.end();
      await expect(service.pool.query(sql)).rejects.toMatchObject({ code: '42501' });
    },
  );
});

describe('every night', () => {
  const schedule = () => service.client.schedule.getHandle(scheduleId(service.taskQueue, 'audit'));

  it('a schedule audits, which any number of workers may make', async () => {
    await Promise.all([0, 1, 2].map(() => ensureSchedules(service.client, service.taskQueue)));
    const { spec, policies, action } = await schedule().describe();
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 3 }], minute: [{ start: 17 }] }]);
    expect(policies.overlap).toBe('SKIP');
    expect(action).toMatchObject({ workflowType: 'audit', taskQueue: service.taskQueue });
  });

  it('and leaves a row of what it found', async () => {
    const id = await register(http, cvmPrepaid());
    await schedule().trigger();
    const row = await until(async () => {
      const { items } = expectStatus(await http.get('/v1/audits'), 200).body;
      return items.find(({ trigger }) => trigger === 'schedule');
    }, 'the audit to be kept');
    expect(row).toMatchObject({ found: 0, skipped: [], rows: { workflows: expect.any(Number) } });
    expect(row.rows.workflows).toBeGreaterThan(1);
    expect(row.head).toMatchObject({
      position: expect.any(Number),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await timelineOf(http, id)).map(({ command }) => command)).toEqual(['register']);
  });
});

describe('npm run audit', () => {
  const ROOT = join(__dirname, '..', '..');
  const empty = mkdtempSync(join(tmpdir(), 'sunset-audit-'));
  const run = (args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const { PATH, HOME } = process.env;
      const words = ['--require', 'tsx/cjs', join(ROOT, 'cli/audit.ts'), ...args];
      const options = {
        cwd: ROOT,
        env: { PATH, HOME, TZ: 'UTC', SUNSET_DATA: empty, DATABASE_URL: service.serviceUrl, ...env },
      };
      execFile(process.execPath, words, options, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  it('compares with the workflows, starts lost ones again (L14), and keeps what it found', async () => {
    const { address, clientConfig, namespace } = shared();
    const ended = await register(http, cvmPostpaid());
    await change("UPDATE instances SET state = 'terminated' WHERE id = $1", [ended]);
    const life = await register(http, cvmPostpaid());
    await service.client.workflow.getHandle(workflowId(life)).terminate('by hand');
    const { code, out } = await run(['--json'], {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_CONFIG_FILE: clientConfig,
      TEMPORAL_NAMESPACE: namespace,
    });
    await change("UPDATE instances SET state = 'running' WHERE id = $1", [ended]);
    await forget(life);
    expect(code).toBe(1);
    const report = JSON.parse(out) as AuditReport & {
      id: string;
      found: number;
      healed: unknown[];
    };
    const found = report.checks.flatMap((check) =>
      check.findings.map(({ check: name, id }) => `${name} ${id}`),
    );
    expect(found).toContain(`read-model ${ended}`);
    expect(found).not.toContain(`workflows ${life}`);
    expect(report.healed).toContainEqual({ what: 'workflow', id: life });
    expect(expectStatus(await http.get(`/v1/audits/${report.id}`), 200).body).toMatchObject({
      trigger: 'command',
      found: report.found,
    });
  });

  it('says what it could not do: without Temporal, and where it may only read', async () => {
    const readOnly = new URL(service.serviceUrl);
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on');
    const [unset, away, reader] = await Promise.all([
      run([], {}),
      run([], { TEMPORAL_ADDRESS: '127.0.0.1:1' }),
      run([], { DATABASE_URL: readOnly.toString() }),
    ]);
    expect(unset.out).toContain('Not checked: workflows: TEMPORAL_ADDRESS is not set');
    expect(unset.out).toMatch(/^Kept as audit_/m);
    expect(away.out).toMatch(/Not checked: workflows: Temporal does not answer at 127.0.0.1:1/);
    expect(reader.out).toContain('Not kept: this connection may only read');
  });
});

it('tells a monitor what the last audit found, and when', async () => {
  const value = async (name: string): Promise<number> => {
    const { text } = await http.call('GET', '/metrics', undefined);
    return Number(new RegExp(`^sunset_audit_${name} (\\S+)$`, 'm').exec(text)![1]);
  };
  const made = await audited();
  const two = {
    ...made.checks[0]!,
    findings: [1, 2].map((n) => ({ check: made.checks[0]!.name, id: `row ${n}`, detail: 'differs' })),
  };
  await recordAudit(service.pool, { ...made, checks: [two] });
  expect(await value('findings')).toBe(2);
  expect(await value('age_seconds')).toBeLessThan(60);
});
