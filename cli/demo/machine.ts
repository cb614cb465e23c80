/** One more life, of a real machine: what a control plane does, and when its money moves (decision 39). */
import type { RefundAnswer } from '../../contract/answers';
import { cvmPrepaid, purchase } from './instances';
import type { PlayedLife } from './life';
import { alone, type Chapter } from './plot';

export interface Machine {
  /** As its control plane calls it; a machine of `examples/control-plane-qemu` has two disks named after it. */
  id: string;
  /** By which Sunset finds its control plane. */
  region: string;
}

const STATES = { en: 'its states', zh: '状态变化' };

const registration = ({ id, region }: Machine) => ({
  ...cvmPrepaid(purchase(new Date())),
  region,
  zone: `${region}-1`,
  externalId: id,
  addresses: [],
  disks: [
    { id: `${id}-system`, kind: 'system', storage: 'local' },
    { id: `${id}-elastic`, kind: 'data', storage: 'elastic' },
  ],
});

/** How the last command went, state by state. */
async function waysOf(life: PlayedLife, command: string): Promise<string> {
  const steps = (await life.timeline()).filter((step) => step.command === command).slice(-2);
  return [steps[0]?.from, ...steps.map(({ to }) => to)].join(' → ');
}

async function giveBack(life: PlayedLife): Promise<void> {
  const { refundId } = await life.end('return');
  life.check('003-21', STATES, await waysOf(life, 'return'), 'running → isolating → isolated');
  const { progress } = await life.api.get<RefundAnswer>(`/v1/refunds/${encodeURIComponent(refundId ?? '')}`);
  const order = progress.map(({ status }) => status).join(' → ');
  life.check('003-21', { en: 'its money', zh: '退款进度' }, order, 'requested → isolating → booked → done');
}

export const machineChapter = (machine: Machine): Chapter => ({
  document: 'H',
  title: { en: 'a real machine', zh: '真实机器' },
  chains: [
    alone({
      name: 'machine',
      title: { en: 'returned, restored, returned and released', zh: '退还、恢复、再次退还并释放' },
      play: async (life) => {
        const { machine: has } = await life.register(registration(machine), {
          en: `the machine ${machine.id} in ${machine.region}, bought for a year`,
          zh: `${machine.region} 的机器 ${machine.id}，购买一年`,
        });
        if (!has)
          throw new Error(
            life.in({
              en: `no control plane has ${machine.region}: see examples/control-plane-qemu/README.md`,
              zh: `没有控制面负责 ${machine.region}：请参见 examples/control-plane-qemu/README.md`,
            }),
          );
        life.tell({ en: `${has.controlPlane} carries its steps out`, zh: `由 ${has.controlPlane} 执行` });
        life.asks({ en: 'return it: it is switched off first', zh: '退还：先关机' });
        life.cite('003-21');
        await giveBack(life);
        life.asks({ en: 'restore it for a month', zh: '续费一个月并恢复' });
        life.cite('001-03');
        await life.command('restore', { renewal: { months: 1 } });
        await life.reaches('running');
        life.check('001-03', STATES, await waysOf(life, 'restore'), 'isolated → restoring → running');
        life.asks({ en: 'return it again, and release it', zh: '再次退还并立即下线' });
        await giveBack(life);
        await life.command('purge', { confirm: life.id });
        const { disposal } = await life.reaches('terminated');
        const kept = disposal?.kept.map(({ id }) => id).join(', ');
        life.check('003-20', { en: 'kept', zh: '保留' }, kept ?? '–', `${machine.id}-elastic`);
      },
    }),
  ],
});
