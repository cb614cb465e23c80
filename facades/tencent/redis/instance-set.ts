/** Instances as the vendor shows them. What Sunset doesn't know of one is left out. */
import { lastTerm, STATES, type State } from '../../../domain/instance';
import { msOf } from '../../../domain/instant';
import { expiresAt } from '../../../domain/lifecycle';
import type { Lang, Text } from '../../../domain/text';
import type { InstanceRow } from '../../../store/lives/instances';

const EIGHT_HOURS_MS = 8 * 3_600_000;

/** As the vendor writes instants, in Beijing's time: `2020-02-15 10:20:00`. */
export const inBeijing = (instant: string): string =>
  new Date(msOf(instant) + EIGHT_HOURS_MS).toISOString().slice(0, 19).replace('T', ' ');

const STATUS: Record<State, number | null> = {
  running: 2,
  stopped: 2,
  expired: 2,
  changing: 1,
  isolating: 1,
  restoring: 1,
  terminating: 1,
  isolated: -2,
  // It is in no list.
  terminated: null,
};

/** The states that are shown as one of these numbers. */
export const statesOf = (statuses: readonly number[]): State[] =>
  STATES.filter((state) => STATUS[state] !== null && statuses.includes(STATUS[state]));

const TITLES: Record<number, Text> = {
  1: { en: 'In a process', zh: '实例在流程中' },
  2: { en: 'Running', zh: '实例运行中' },
  [-2]: { en: 'Isolated', zh: '实例已隔离' },
};

/** The vendor’s numbers of its regions. */
const REGIONS: Record<string, number> = {
  'ap-guangzhou': 1,
  'ap-shanghai': 4,
  'ap-hongkong': 5,
  'ap-shanghai-fsi': 7,
  'ap-beijing': 8,
  'ap-singapore': 9,
  'ap-shenzhen-fsi': 11,
  'na-siliconvalley': 15,
  'ap-chengdu': 16,
  'eu-frankfurt': 17,
  'ap-seoul': 18,
  'ap-chongqing': 19,
  'na-ashburn': 22,
  'ap-bangkok': 23,
  'ap-tokyo': 25,
};

const orNull = (instant: string | null | undefined): string | null => (instant ? inBeijing(instant) : null);

/** `OfflineTime`: when an isolated one is released, unless a legal hold keeps it. */
export function toInstanceSet({ id, facts, life, orders }: InstanceRow, lang: Lang): Record<string, unknown> {
  const status = STATUS[life.state] ?? 0;
  const region = REGIONS[facts.region];
  return {
    InstanceId: id,
    InstanceName: facts.name ?? id,
    ...(region === undefined ? {} : { RegionId: region }),
    Region: facts.region,
    Status: status,
    InstanceTitle: TITLES[status]?.[lang] ?? null,
    BillingMode: life.billing === 'prepaid' ? 1 : 0,
    Createtime: orNull(facts.startedAt),
    DeadlineTime: orNull(expiresAt(life) ?? lastTerm(orders)?.endsAt),
    CloseTime: orNull(life.isolatedAt),
    OfflineTime: orNull(life.purgeTime),
    DeleteProtectionSwitch: life.protection ? 1 : 0,
  };
}
