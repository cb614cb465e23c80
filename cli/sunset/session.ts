/** What every command has: the API, the language, where to print, and how the caller wants the answer. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { LANGS, type Lang, type Text } from '../../domain/text';
import { Api, ApiRefusal, type ApiReply, derivedKey, instancePath } from './client';

export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** The command line itself is wrong; nothing was asked of the service. */
export class Usage extends Error {}

/** Options that every command takes. */
export interface GlobalOptions {
  url?: string;
  key?: string;
  lang: Lang;
  json: boolean;
  idempotencyKey?: string;
}

export interface Session {
  api: Api;
  lang: Lang;
  json: boolean;
  /** As given by the caller; undefined: keys are derived. */
  idempotencyKey: string | undefined;
  say(text: Text): string;
  /** Where the key came from, in words. */
  keyFrom: string;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';

export const dataFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  resolve(env.SUNSET_DATA || '.sunset');

/** Without a slash at the end: paths are put behind it. */
export const serviceUrl = (given: string | undefined, env: NodeJS.ProcessEnv = process.env): string =>
  (given ?? (env.SUNSET_URL || DEFAULT_URL)).replace(/\/+$/, '');

export interface FoundKey {
  key: string | undefined;
  /** In words. */
  from: string;
}

/** The bearer key: given, or the environment's, or the one that `npm start` keeps in its data folder. */
export function chooseKey(given: string | undefined, env: NodeJS.ProcessEnv = process.env): FoundKey {
  if (given !== undefined) return { key: given, from: '--key' };
  if (env.SUNSET_OPERATOR_KEY) return { key: env.SUNSET_OPERATOR_KEY, from: 'SUNSET_OPERATOR_KEY' };
  const file = join(dataFolder(env), 'operator.key');
  return { key: existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined, from: file };
}

/** @throws Usage when an address or a key is no such thing, or there is no key */
export function openSession(options: GlobalOptions): Session {
  const { lang, json, idempotencyKey } = options;
  if (!LANGS.includes(lang)) throw new Usage(`--lang must be one of: ${LANGS.join(', ')}`);
  if (idempotencyKey !== undefined && !/^[!-~]{1,200}$/.test(idempotencyKey)) {
    throw new Usage('--idempotency-key must be 1 to 200 visible ASCII characters');
  }
  const url = serviceUrl(options.url);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Usage(`${url} is no address such as ${DEFAULT_URL} (--url, SUNSET_URL)`);
  const { key, from } = chooseKey(options.key);
  if (key === undefined) {
    throw new Usage(
      `there is no key in ${from}: run this where npm start runs, set SUNSET_DATA or SUNSET_OPERATOR_KEY, or give --key`,
    );
  }
  if (!/^[!-~]+$/.test(key)) throw new Usage(`the key from ${from} must be visible ASCII characters`);
  return {
    api: new Api({ url, key, lang }),
    lang,
    json,
    idempotencyKey,
    say: (text) => text[lang],
    keyFrom: from,
  };
}

/** The session of a command that runs. */
export const sessionOf = (command: Command): Session => openSession(command.optsWithGlobals<GlobalOptions>());

export interface Write {
  /**
   * What of the world the key depends on, so that a repeat has the same key and a later command on another
   * state has not.
   */
  seen: unknown;
  /** Tells apart the writes of one command. */
  part: string;
}

/**
 * A POST that is harmless when the command is run again: its key is made of what is asked and of the state
 * that was seen. The service remembers refusals by key as well; one of those is no answer about today, so it
 * is asked again under a fresh key.
 */
export async function postOnce<T>(
  session: Session,
  path: string,
  body: unknown,
  { seen, part }: Write,
): Promise<ApiReply<T>> {
  const { api, idempotencyKey } = session;
  if (idempotencyKey !== undefined)
    return await api.post<T>(path, body, `${idempotencyKey}/${part}`.slice(0, 255));
  try {
    return await api.post<T>(path, body, derivedKey(path, body, seen));
  } catch (error) {
    if (error instanceof ApiRefusal && error.isRepeat) return await api.post<T>(path, body, randomUUID());
    throw error;
  }
}

/**
 * A command to one instance, keyed by the step that it stands at: when it was carried out, its repeat meets
 * the next step and is refused.
 */
export async function commandInstance<T>(
  session: Session,
  id: string,
  name: string,
  body: unknown = {},
): Promise<ApiReply<T>> {
  const { step } = await session.api.get<{ step: number }>(instancePath(id));
  return await postOnce<T>(session, instancePath(id, `/${name}`), body, { seen: step, part: id });
}
