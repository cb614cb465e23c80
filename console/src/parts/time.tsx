import { useLanguage, useWords } from '../words';
import { CONTRACT_ZONE, formatExactly, formatSpan, formatTime, VIEWER_ZONE } from './format';
import { useNow } from './now';

/** A time in the reader's zone; in the contract's on hover. */
export function Time({ at }: { at: string }) {
  const { lang } = useLanguage();
  const ms = Date.parse(at);
  return (
    <time
      dateTime={at}
      // Said when it is asked for: of a thousand times in a list nobody hovers over more than one.
      onPointerEnter={({ currentTarget }) => {
        currentTarget.title = inBothZones(ms, lang);
      }}
    >
      {formatTime(ms, lang)}
    </time>
  );
}

const inBothZones = (ms: number, lang: 'en' | 'zh'): string =>
  [...new Set([VIEWER_ZONE, CONTRACT_ZONE])].map((zone) => formatExactly(ms, lang, zone)).join('\n');

/** How long it is until then, on a clock that may be ahead of the wall's. */
export function Countdown({ at, ahead = 0 }: { at: string; ahead?: number }) {
  const words = useWords();
  const left = Date.parse(at) - (useNow() + ahead);
  return <>{formatSpan(left, words)}</>;
}
