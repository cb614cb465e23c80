/**
 * Plays the lives side by side and tells them in the documents' order, each as soon as it and those before it
 * are over.
 */

import type { Lang, Text } from '../../domain/text';
import { type Api, ApiRefusal } from '../sunset/client';
import { describeProblem, mention, print } from '../sunset/output';
import { type Comparison, PlayedLife } from './life';
import type { Chain, Chapter } from './plot';

export interface PlayedScenario {
  id: string;
  title: string;
  checks: Comparison[];
  /** Why it could not be played to its end. */
  trouble: string | undefined;
}

interface Stage {
  api: Api;
  lang: Lang;
  /** Part of every id of this run, so that it can be repeated. */
  run: string;
}

interface Playing {
  life: PlayedLife;
  title: Text;
  over: Promise<string | undefined>;
}

export async function playAll(stage: Stage, chapters: Chapter[]): Promise<PlayedScenario[]> {
  const played = chapters.map((chapter) => ({
    chapter,
    lives: chapter.chains.flatMap((chain) => play(stage, chain)),
  }));
  const all = played.flatMap(({ lives }) => lives);
  const waiting = waitAloud(all, stage.lang);
  const shown: PlayedScenario[] = [];
  try {
    for (const { chapter, lives } of played) {
      waiting.clear();
      print(`\n${chapter.document}  ${chapter.title[stage.lang]}\n${'═'.repeat(60)}`);
      for (const playing of lives) shown.push(await showScenario(playing, stage.lang, waiting.clear));
    }
  } finally {
    waiting.end();
  }
  return shown;
}

/** Begins a chain. What breaks in one life breaks it and those after it on the account, and no others. */
function play({ api, lang, run }: Stage, { account, parts }: Chain): Playing[] {
  let before: Promise<unknown> = Promise.resolve();
  return parts.map(({ name, title, play: playPart }) => {
    const life = new PlayedLife(api, `${name}-${run}`, `${account}-${run}`, lang);
    const over = before.then(async () => {
      try {
        await playPart(life);
        await life.close();
        return undefined;
      } catch (error) {
        return troubleOf(error, lang);
      }
    });
    before = over;
    return { life, title, over };
  });
}

const troubleOf = (error: unknown, lang: Lang): string =>
  error instanceof ApiRefusal
    ? describeProblem(error.problem, { say: (text) => text[lang] })
    : (error as Error).message;

async function showScenario(
  { life, title, over }: Playing,
  lang: Lang,
  clear: () => void,
): Promise<PlayedScenario> {
  const trouble = await over;
  clear();
  const broken = trouble === undefined ? [] : [`   ✗ ${trouble.replaceAll('\n', '\n     ')}`];
  print([`\n ${title[lang]}  (${life.id})`, ...life.lines, ...broken].join('\n'));
  return { id: life.id, title: title[lang], checks: life.checks, trouble };
}

const TICK_MS = 200;
const LOG_EVERY_MS = 5000;

/** Nobody waits in silence: a line that moves on a terminal, a line now and then elsewhere. */
function waitAloud(all: Playing[], lang: Lang): { clear(): void; end(): void } {
  const begun = Date.now();
  let over = 0;
  let saidAt = begun;
  for (const { over: ended } of all) void ended.then(() => (over += 1));
  const { stderr } = process;
  const clear = (): void => void (stderr.isTTY && stderr.write('\r\x1b[K'));
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - begun) / 1000);
    const text =
      lang === 'zh'
        ? `… ${seconds} 秒，已完成 ${over}/${all.length}`
        : `… ${seconds} s, ${over} of ${all.length} lives are over`;
    if (stderr.isTTY) stderr.write(`\r${text}\x1b[K`);
    else if (Date.now() - saidAt >= LOG_EVERY_MS) {
      saidAt = Date.now();
      mention(text);
    }
  }, TICK_MS);
  return {
    clear,
    end: () => {
      clearInterval(timer);
      clear();
    },
  };
}
