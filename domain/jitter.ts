/**
 * A herd of deadlines at one instant, such as midnight after a campaign, is spread: what lies in the bin is released so
 * much later than promised, each instance at a time of its own. Never earlier, and what it says of itself stays as it
 * was promised.
 */
import type { Ending, Policy } from './policy';

/** What an installation may ask for at most. */
export const MAX_JITTER_SECONDS = 900;

/** Where an instance lies between 0 and 1: always at the same place, and ids that follow each other far apart. */
export function placeOf(instanceId: string): number {
  // FNV-1a, then mixed once more: its last characters alone move the upper bits too little.
  let hash = 0x811c9dc5;
  for (let at = 0; at < instanceId.length; at += 1)
    hash = Math.imul(hash ^ instanceId.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** The policy with every end of a bin spread over so many seconds; 0 leaves it as it is. */
export function withJitter(policy: Policy, jitterSeconds: number): Policy {
  if (!jitterSeconds) return policy;
  const spread = (ending: Ending): Ending => (ending.into === 'bin' ? { ...ending, jitterSeconds } : ending);
  const { end, expiry } = policy.lifecycle;
  const each = ({ modes, ...rules }: typeof end.prepaid): typeof end.prepaid => ({
    ...rules,
    modes: Object.fromEntries(Object.entries(modes).map(([mode, ending]) => [mode, spread(ending)])),
  });
  const lifecycle = {
    ...policy.lifecycle,
    end: { prepaid: each(end.prepaid), postpaid: each(end.postpaid) },
    expiry: spread(expiry),
  };
  return { ...policy, lifecycle };
}
