/** A life at EC2 (moto) through Sunset's API: money moves when the machine is there, and the books are sound. */
import { openControlPlanes } from '../../drivers/control-planes';
import { audit } from '../../store/audit';
import {
  cvmPrepaid,
  end,
  expectStatus,
  instanceOf,
  quote,
  register as registerOn,
  until,
} from '../support/lives';
import { type Made, Moto, REGION } from '../support/moto';
import { PYTHON_READY_MS } from '../support/python';
import { type ServiceUnderTest, startService } from '../support/service';

const moto = new Moto();
let service: ServiceUnderTest;
beforeAll(async () => {
  await moto.start();
  const bounds = { maxInFlight: 10, timeoutSeconds: 10 };
  const plane = { driver: 'ec2' as const, name: 'frankfurt', region: REGION, endpoint: moto.url, ...bounds };
  service = await startService({ controlPlanes: openControlPlanes([{ match: {}, plane }]) });
}, PYTHON_READY_MS);
afterAll(async () => {
  await service.stop();
  await moto.stop();
});

const register = async (made: Made & { address: string }): Promise<string> =>
  await registerOn(
    service.http,
    cvmPrepaid({
      externalId: made.id,
      region: REGION,
      disks: [
        { id: made.root, kind: 'system', storage: 'cloud' },
        { id: made.data, kind: 'data', storage: 'elastic' },
      ],
      addresses: [{ id: made.address, kind: 'elastic' }],
    }),
  );
const reaches = (id: string, state: string) =>
  until(async () => (await instanceOf(service.http, id)).state === state, state, 60_000);
const atEc2 = async ({ id }: Made) => (await moto.show(id))!.State!.Name;
const refundsOf = async (id: string): Promise<string[]> => {
  const { account } = await instanceOf(service.http, id);
  const { items } = expectStatus(await service.http.get(`/v1/refunds?account=${account}`), 200).body;
  return items.map(({ status }) => status);
};
async function soundBooks(): Promise<void> {
  const { checks } = await audit(service.pool);
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
}

it('returned, restored, returned and purged', async () => {
  const { http } = service;
  const made = await moto.makeWithAddress();
  const id = await register(made);
  const giveBack = async () => {
    await end(http, [id], { action: 'return' });
    await reaches(id, 'isolated');
    expect(await atEc2(made)).toBe('stopped');
    expect(await moto.isProtected(made.id)).toBe(true);
  };

  await giveBack();
  expectStatus(await http.post(`/v1/instances/${id}/restore`, { renewal: { months: 1 } }), 200);
  await reaches(id, 'running');
  expect(await atEc2(made)).toBe('running');
  expect(await moto.isProtected(made.id)).toBe(false);
  await giveBack();
  expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  await reaches(id, 'terminated');
  expect(await atEc2(made)).toBe('terminated');
  expect(await moto.volume(made.root)).toBeUndefined();
  expect(await moto.volume(made.data)).toMatchObject({ State: 'available' });
  expect(await moto.addressOf(made.address)).toMatchObject({ AllocationId: made.address });
  expect(await refundsOf(id)).toEqual(['done', 'done']);
  await soundBooks();
}, 180_000);

it('one that EC2 can never stop is not returned: it runs on, untouched, and nothing is paid', async () => {
  const made = await moto.makeWithAddress();
  const id = await register(made);
  moto.tell('StopInstances', { how: 'error', status: 400, code: 'UnsupportedOperation' });
  const { id: quoteId } = await quote(service.http, [id], { action: 'return' });
  expectStatus(await service.http.post('/v1/terminations', { quoteId, agree: true }), 202);
  await until(async () => (await refundsOf(id))[0] === 'failed', 'refund to fail', 60_000);
  await reaches(id, 'running');
  expect(await atEc2(made)).toBe('running');
  expect((await moto.show(made.id))!.Tags ?? []).toEqual([]);
  await soundBooks();
}, 120_000);

it('terminated by somebody in the bin: its release finds it gone, and keeps what is to be kept', async () => {
  const { http } = service;
  const made = await moto.makeWithAddress();
  const id = await register(made);
  await end(http, [id], { action: 'return' });
  await reaches(id, 'isolated');
  await moto.ec2.modifyInstanceAttribute({ InstanceId: made.id, DisableApiTermination: { Value: false } });
  await moto.ec2.detachVolume({ VolumeId: made.data, InstanceId: made.id });
  await moto.ec2.terminateInstances({ InstanceIds: [made.id] });
  expectStatus(await http.post(`/v1/instances/${id}/purge`, { confirm: id }), 200);
  await reaches(id, 'terminated');
  expect(await moto.volume(made.root)).toBeUndefined();
  expect(await moto.volume(made.data)).toMatchObject({ State: 'available' });
  expect(await refundsOf(id)).toEqual(['done']);
  await soundBooks();
}, 120_000);
