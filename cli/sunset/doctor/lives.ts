/**
 * Lives that are lost, stuck or overdue, as a worker saw them last (L14): each with the command that puts it
 * right.
 */
import type { FoundKey } from '../session';
import { span } from '../text';
import { askService, type Diagnosis, fail, ok, warn } from './finding';

interface TroublesAnswer {
  at: string | null;
  lost: number;
  stuck: number;
  overdue: number;
  items: { instanceId: string; kind: 'lost' | 'stuck' | 'overdue'; detail: string; since: string }[];
}

/** Named one by one; the rest is counted. */
const SHOWN = 20;
/** It is looked every half minute. */
const STALE_MS = 300_000;
const KINDS = { lost: '已丢失', stuck: '无响应', overdue: '已逾期' } as const;

export async function checkLives(url: string, { key }: FoundKey): Promise<Diagnosis[]> {
  if (key === undefined) return [];
  const response = await askService(`${url}/v1/troubles`, key);
  // A key without the permission can't tell.
  if (response.status !== 200) return [];
  const watch = (await response.json()) as TroublesAnswer;
  const age = watch.at === null ? undefined : Date.now() - Date.parse(watch.at);
  const total = watch.lost + watch.stuck + watch.overdue;
  return [
    ...(age === undefined || age > STALE_MS ? [notWatched(age)] : []),
    ...watch.items.slice(0, SHOWN).map(troubleOf),
    ...(total > SHOWN
      ? [
          fail(
            'lives',
            `and ${total - SHOWN} more`,
            `另有 ${total - SHOWN} 个`,
            'npm run audit, which starts lost ones again',
          ),
        ]
      : []),
    ...(total === 0 && age !== undefined
      ? [ok('lives', 'none is lost, stuck or overdue', '没有丢失、无响应或逾期的实例')]
      : []),
  ];
}

function troubleOf({ instanceId, kind, detail, since }: TroublesAnswer['items'][number]): Diagnosis {
  // What is not registered has no life to repair: registering it once more ends whatever runs under its id.
  const isRegistered = !detail.includes('registration is not recorded');
  const fix = isRegistered
    ? `npx sunset repair ${instanceId}${kind === 'lost' ? '' : ' --restart'}`
    : 'npx sunset register <its file>';
  return fail(
    'lives',
    `${instanceId} is ${kind} since ${since}: ${detail}`,
    `${instanceId} ${KINDS[kind]}（自 ${since}）：${detail}`,
    fix,
  );
}

function notWatched(age: number | undefined): Diagnosis {
  const en =
    age === undefined
      ? 'no worker has looked after them yet'
      : `no worker has looked after them for ${span(age)}`;
  const zh = age === undefined ? '尚无 worker 检查过' : `已有 ${span(age)} 没有 worker 检查`;
  return warn('lives', en, zh, 'npm start, or node dist/cli/worker.js with the settings of the API');
}
