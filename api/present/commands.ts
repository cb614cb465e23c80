/** What has become of a command, as a reply. */
import type { Lang, Text } from '../../domain/text';
import type { InstanceRow } from '../../store/lives/instances';
import type { Reply } from '../http/call';
import type { CommandResult } from '../use-cases/command';
import { presentInstance } from './instances';

export const instanceReply = (row: InstanceRow, status = 200): Reply => ({
  status,
  body: presentInstance(row),
});

const ACCEPTED = {
  signalled: {
    en: 'Handed over; it may still be refused. The instance and its timeline tell.',
    zh: '已提交，仍可能被拒绝；结果请查看实例及其历史记录。',
  },
  unanswered: {
    en: 'Sent, but nobody has answered yet: it may still happen. Look at the instance, or repeat the request with the same Idempotency-Key.',
    zh: '已发送但尚未得到响应，操作仍可能生效；请查看实例，或使用同一幂等键重试。',
  },
} satisfies Record<string, Text>;

/** 200 with the instance as it now is, or 202 with where to look. */
export function commandReply(result: CommandResult, lang: Lang): Reply {
  if (result.is === 'done') return instanceReply(result.row);
  const { is, instanceId } = result;
  const body = { status: 'accepted', instanceId, detail: ACCEPTED[is][lang] };
  const Location = `/v1/instances/${encodeURIComponent(instanceId)}`;
  if (is === 'signalled')
    return { status: 202, body, headers: { Location, 'Preference-Applied': 'respond-async' } };
  return { status: 202, body, headers: { Location, 'Retry-After': '5' }, interim: true };
}
