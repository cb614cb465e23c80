/** Tasks and deals of Tencent Cloud's Redis that are not done: nobody answers, the workflow is lost, it fails. */
import { redis } from 'tencentcloud-sdk-nodejs/tencentcloud/services/redis';
import { PERMISSIONS } from '../../domain/permissions';
import { makeKey } from '../support/keys';
import {
  end,
  expectStatus,
  instanceOf,
  newAccount,
  newId,
  redisPostpaid,
  redisPrepaid,
  register,
  until,
} from '../support/lives';
import { auditAtEnd, useService } from '../support/service';
import { refusal } from '../support/tencent';

const { service, http } = useService({ commandWaitMs: 4000 }, auditAtEnd);

let account: string;
let client: InstanceType<typeof redis.v20180412.Client>;
beforeAll(async () => {
  account = newAccount();
  const { secretId, secretKey } = await makeKey(http, { account, name: 'script', permissions: PERMISSIONS });
  client = new redis.v20180412.Client({
    credential: { secretId, secretKey },
    region: 'ap-guangzhou',
    profile: {
      language: 'en-US',
      httpProfile: { endpoint: new URL(http.url).host, protocol: 'http://' },
    },
  });
});

const add = (body: object): Promise<string> => register(http, body, newId('crs'));
const postpaid = () => add(redisPostpaid({ account }));
const taskOf = (TaskId: number | undefined) => client.DescribeTaskInfo({ TaskId: TaskId! });
const dealOf = async (DealName: string | undefined) =>
  (await client.DescribeInstanceDealDetail({ DealName: DealName! })).DealDetails![0]!;
const becomes = (TaskId: number | undefined, status: string) =>
  until(async () => {
    const task = await taskOf(TaskId);
    return task.Status === status && task;
  }, `task ${TaskId} to be ${status}`);

/** Nobody carries anything out until the test's own part is done. */
async function withoutWorker<T>(run: () => Promise<T>): Promise<T> {
  await service.workers.at(-1)!.stop();
  try {
    return await run();
  } finally {
    await service.startWorker();
  }
}

it('runs while nobody has answered, and succeeds when somebody has', async () => {
  const [first, second] = [await postpaid(), await add(redisPrepaid({ account }))];
  const { TaskId, DealName } = await withoutWorker(async () => {
    const [destroyed, returned] = await Promise.all([
      client.DestroyPostpaidInstance({ InstanceId: first }),
      client.DestroyPrepaidInstance({ InstanceId: second }),
    ]);
    expect(await taskOf(destroyed.TaskId)).toMatchObject({ Status: 'running', TaskMessage: '' });
    expect(await dealOf(returned.DealName)).toMatchObject({ Status: 3, EndTime: null });
    return { ...destroyed, ...returned };
  });
  expect(await becomes(TaskId, 'succeed')).toMatchObject({ TaskType: 'FLOW_CLOSE', TaskMessage: '' });
  await until(async () => (await dealOf(DealName)).Status === 6, 'the deal to be refunded');
  expect((await instanceOf(http, first)).state).toBe('isolated');
});

it('fails when its instance refuses it, and says why; a deal, too', async () => {
  const [first, second] = [await postpaid(), await add(redisPrepaid({ account }))];
  const { TaskId, DealName } = await withoutWorker(async () => {
    // It comes first, and is heard first.
    const busy = [first, second].map((id) => http.post(`/v1/instances/${id}/operations`, { kind: 'resize' }));
    for (const { status } of await Promise.all(busy)) expect(status).toBe(202);
    const [destroyed, returned] = await Promise.all([
      client.DestroyPostpaidInstance({ InstanceId: first }),
      client.DestroyPrepaidInstance({ InstanceId: second }),
    ]);
    return { ...destroyed, ...returned };
  });
  expect(await becomes(TaskId, 'failed')).toMatchObject({
    InstanceId: first,
    TaskMessage: expect.stringContaining('in progress'),
  });
  await until(async () => (await dealOf(DealName)).Status === 5, 'the deal to have failed');
  expect((await instanceOf(http, second)).state).toBe('changing');
});

it('L14: prepares while the workflow is lost, until somebody has repaired it', async () => {
  const id = await postpaid();
  await service.client.workflow.getHandle(`instance/${id}`).terminate('by hand');
  const { TaskId } = await client.DestroyPostpaidInstance({ InstanceId: id });
  expect(await becomes(TaskId, 'preparing')).toMatchObject({
    TaskMessage: expect.stringContaining('workflow is lost'),
  });
  expectStatus(await http.post(`/v1/instances/${id}/repair`), 200);
  expect(await becomes(TaskId, 'succeed')).toMatchObject({ InstanceId: id, TaskMessage: '' });
});

it('what nobody has answered is an internal error, and asked again it is done', async () => {
  const id = await postpaid();
  await end(http, [id]);
  const { code, message } = await withoutWorker(() => refusal(client.StartupInstance({ InstanceId: id })));
  expect({ code, message }).toEqual({ code: 'InternalError', message: expect.stringContaining(id) });
  await until(async () => (await instanceOf(http, id)).state === 'running', `${id} to run`);
  expect((await refusal(client.StartupInstance({ InstanceId: id }))).code).toBe(
    'ResourceUnavailable.InstanceStatusAbnormal',
  );
});
