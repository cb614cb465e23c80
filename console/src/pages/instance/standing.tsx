import type { Instance } from '../../api/queries';
import { formatSpan, formatTime } from '../../parts/format';
import { useNow } from '../../parts/now';
import { useLanguage } from '../../words';
import type { Sentence } from '../../words/en';

/** How it stands, in a sentence: what happens next stands out. */
export function Standing({ instance }: { instance: Instance }) {
  const { words, lang } = useLanguage();
  const now = useNow() + instance.ahead;
  const say = words.sentence;
  const time = (at: string) => formatTime(Date.parse(at), lang);
  const within = (at: string) => formatSpan(Date.parse(at) - now, words);
  const { termination, protection, hold, machine, attention } = instance;
  const sentence: Sentence = [
    ...ofState(instance, { say, time, within }),
    ...(machine?.since ? say.onTheWay(machine.controlPlane, time(machine.since)) : []),
    ...(attention ? say.attention(attention.message || attention.code) : []),
    ...(termination ? say.scheduled(time(termination.at), within(termination.at)) : []),
    ...(protection ? say.protected(protection.by, protection.reason) : []),
    ...(hold ? say.held(hold.by, hold.reason) : []),
  ];
  return sentence.map((part, index) =>
    typeof part === 'string' ? part : <em key={index}>{part.strong}</em>,
  );
}

interface Saying {
  say: ReturnType<typeof useLanguage>['words']['sentence'];
  time(at: string): string;
  within(at: string): string;
}

function ofState(instance: Instance, { say, time, within }: Saying): Sentence {
  const { state, expiresAt, isolatedAt, purgeTime, operation, protection, billingStoppedAt, machine } =
    instance;
  switch (state) {
    case 'running':
    case 'stopped':
      return say[state](expiresAt && time(expiresAt));
    case 'changing':
      return machine?.goal ? say.changingTo(machine.goal) : say.changing(operation?.kind ?? null);
    case 'expired':
      return say.expired(expiresAt ? time(expiresAt) : '');
    case 'isolated':
      if (protection?.holdRelease) return say.isolatedHeld(time(isolatedAt ?? ''));
      return say.isolated(time(isolatedAt ?? ''), within(purgeTime ?? ''), time(purgeTime ?? ''));
    case 'terminated':
      return say.terminated(billingStoppedAt && time(billingStoppedAt));
    case 'isolating':
    case 'restoring':
    case 'terminating':
      return say[state]();
  }
}
