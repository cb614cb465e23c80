/**
 * SIGKILL where an undo or an approved return is being recorded: whoever repeats the request gets the one
 * answer, and there is one effect.
 */

import { randomUUID } from 'node:crypto';
import { type Approval, approveRequest } from '../../store/agreements/refund-requests';
import { audit } from '../../store/audit';
import type { RefundRequest } from '../support/answered';
import type { Http } from '../support/http';
import { as } from '../support/keys';
import {
  cvmPrepaid,
  end,
  expectStatus,
  hoursAgo,
  instanceOf,
  purchase,
  register,
  timelineOf,
  until,
} from '../support/lives';
import { type DoomedService, startDoomed } from '../support/process';
import { approvalOf } from '../support/review';
import { type ServiceUnderTest, startService } from '../support/service';

const services: ServiceUnderTest[] = [];
const doomed: DoomedService[] = [];
afterAll(async () => {
  await Promise.all(doomed.map((one) => one.kill()));
  await Promise.all(services.map((one) => one.stop()));
});

/**
 * A service, and beside it a process with an API and the only worker, which hangs at a step and is killed
 * there.
 */
async function scene(
  hangAt: string,
  when: 'before-commit' | 'after-commit',
): Promise<{ service: ServiceUnderTest; victim: DoomedService }> {
  const service = await startService({ worker: false });
  services.push(service);
  const victim = await startDoomed(service, { hangAt, when });
  doomed.push(victim);
  return { service, victim };
}

const approver = (http: Http): Promise<Http> =>
  as(http, { account: null, name: 'approver', permissions: ['refund:approve', 'read'] });
const commandsOf = async (http: Http, id: string): Promise<string[]> =>
  (await timelineOf(http, id)).map(({ command }) => command);

async function expectSound({ pool }: ServiceUnderTest): Promise<void> {
  const { checks } = await audit(pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}

async function askForPromoted(http: Http): Promise<{ id: string; account: string; request: RefundRequest }> {
  const id = await register(
    http,
    cvmPrepaid({ orders: [purchase(hoursAgo(24 * 40), { channel: 'promotion' })] }),
  );
  const request = expectStatus(
    await http.post('/v1/refund-requests', { instanceId: id, reason: 'by mistake' }),
    201,
  ).body;
  return { id, account: request.account, request };
}

describe.each(['before-commit', 'after-commit'] as const)('SIGKILL %s', (when) => {
  it.concurrent('of an undo: the repeat answers the refund as reversed, and the money is taken back once', async () => {
    const { service, victim } = await scene('undo', when);
    const { http } = service;
    const id = await register(victim.http, cvmPrepaid());
    const { refundId } = (await end(victim.http, [id], { action: 'return' })).items[0]!;
    const key = randomUUID();
    const body = { reason: 'wrong instance' };
    victim.http.post(`/v1/refunds/${refundId}/undo`, body, { key }).catch(() => {});
    await victim.hangs;
    await victim.kill();
    await service.startWorker();
    const undo = (options = {}) => http.post(`/v1/refunds/${refundId}/undo`, body, options);
    const first = await until(async () => {
      const reply = await undo({ key });
      return reply.status === 200 && reply;
    }, 'the repeat to be answered');
    expect(first.body).toMatchObject({
      status: 'reversed',
      reversal: { by: 'operator', reason: body.reason },
    });
    expect((await undo({ key })).body).toEqual(first.body);
    expect(await undo()).toMatchObject({ status: 409, body: { code: 'WRONG_STATE' } });
    expect(await commandsOf(http, id)).toEqual(['register', 'return', 'undo']);
    const { account, state } = await instanceOf(http, id);
    expect(state).toBe('running');
    expect((await http.get(`/v1/accounts/${account}`)).body.balances).toMatchObject([{ cash: '0.00' }]);
    await expectSound(service);
  });

  it.concurrent('of the return that an approval sent: the repeat answers the same decision, and it is paid once', async () => {
    const { service, victim } = await scene('return', when);
    const { http } = service;
    const { id, request } = await askForPromoted(victim.http);
    const { operatorKey } = await approver(http);
    const key = randomUUID();
    const body = await approvalOf(http, request.id);
    const approve = (at: Http) =>
      at.as(operatorKey).post(`/v1/refund-requests/${request.id}/approve`, body, { key });
    approve(victim.http).catch(() => {});
    await victim.hangs;
    await victim.kill();
    await service.startWorker();
    const repeated = expectStatus(await approve(http), 200).body;
    expect(repeated).toMatchObject({
      id: request.id,
      decision: { by: 'operator:approver', reason: 'checked' },
    });
    const refund = await until(async () => {
      const { body } = await http.get(`/v1/refunds/${request.refundId}`);
      return body.status === 'done' && body;
    }, 'the return to be carried out');
    expect(refund.progress.map(({ status }) => status)).toEqual([
      'in_review',
      'requested',
      'isolating',
      'booked',
      'done',
    ]);
    expect(await commandsOf(http, id)).toEqual(['register', 'return']);
    await expectSound(service);
  });
});

it.concurrent('an approval whose process died before it sent anything: the repeat answers it, and the sweep carries it out', async () => {
  const service = await startService();
  services.push(service);
  const { id, request } = await askForPromoted(service.http);
  const body = await approvalOf(service.http, request.id);
  const decision = { id: request.id, by: 'operator:approver', holdsSeconds: 900, ...body } as Approval;
  await approveRequest(service.pool, decision, (row) => row.policy);
  const approving = (await approver(service.http)).post(`/v1/refund-requests/${request.id}/approve`, body);
  expect(expectStatus(await approving, 200).body.decision).toMatchObject({ by: decision.by });
  await until(async () => (await instanceOf(service.http, id)).state === 'isolated', 'the sweep to send it');
  expect(await commandsOf(service.http, id)).toEqual(['register', 'return']);
  await expectSound(service);
});
