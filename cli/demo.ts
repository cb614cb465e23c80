/**
 * `npm run demo`: the four documents' lives on the running service, told as a story; every number and state
 * is compared with them.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Lang } from '../domain/text';
import { cvmPayAsYouGoChapter } from './demo/000-cvm-pay-as-you-go';
import { redisChapter } from './demo/001-redis';
import { jdVmChapter } from './demo/002-jd-vm';
import { cvmPrepaidChapter } from './demo/003-cvm-prepaid';
import { type Machine, machineChapter } from './demo/machine';
import { type PlayedScenario, playAll } from './demo/tell';
import { ApiRefusal } from './sunset/client';
import { complain, mention, print } from './sunset/output';
import { EXIT, openSession, type Session, Usage } from './sunset/session';
import { instanceLink, webUiAddress, webUiAnswers } from './sunset/web-ui';

const HELP = `Usage: npm run demo -- [--lang en|zh] [--url <address>] [--key <key>] [--machine <id> [--region <region>]]

Plays the lives of the four documents on the running service, months passing by fast-forward, and compares every number and state with what
the documents say. Exit 1 when anything differs. It can be repeated: each run has accounts and instances of its own.

  --machine <id>        instead, the life of a real machine: one of examples/control-plane-qemu, whose README says how it is made
  --region <region>     by which its control plane is found (lab)

  SUNSET_URL            the service (http://127.0.0.1:3000)
  SUNSET_OPERATOR_KEY   the operator's key (else operator.key in SUNSET_DATA)
  SUNSET_DATA           the data folder of npm start (.sunset)
  SUNSET_WEB_UI         Temporal's Web UI, for the links (else what npm start remembers)

It needs a sandbox: a service that npm start brought up with its own PostgreSQL and Temporal.
`;

const CHAPTERS = [cvmPayAsYouGoChapter, redisChapter, jdVmChapter, cvmPrepaidChapter];

const OPTIONS = {
  lang: { type: 'string', default: 'en' },
  url: { type: 'string' },
  key: { type: 'string' },
  machine: { type: 'string' },
  region: { type: 'string', default: 'lab' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new Usage(`${(error as Error).message.split('.')[0]} (see npm run demo -- --help)`);
  }
}

/** Asks an instance that does not exist to move ahead: a service that can't do it at all says so first. */
async function whyNotPossible({ api, say }: Session): Promise<string | undefined> {
  try {
    await api.post('/v1/instances/sunset-demo-asks/fast-forward', { duration: 'PT1S' });
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    const { status, detail, next } = error.problem;
    if (status === 404) return undefined;
    if (status !== 403 && status !== 501) throw error;
    const needs = say({ en: 'The demo can’t run here', zh: '演示无法在此运行' });
    return `${needs}: ${detail}\n${say({ en: 'next', zh: '下一步' })}: ${next}`;
  }
  return undefined;
}

async function playDemo(session: Session, machine: Machine | undefined): Promise<number> {
  const { api, lang, say } = session;
  // A real machine's time can't be skipped, and isn't.
  const trouble = machine ? undefined : await whyNotPossible(session);
  if (trouble !== undefined) {
    mention(trouble);
    return EXIT.refused;
  }
  const begun = Date.now();
  print(
    say({
      en: `Sunset at ${api.options.url}: ${machine ? 'the life of a real machine' : 'the lives of four documents'}`,
      zh: `Sunset（${api.options.url}）：${machine ? '一台真实机器的生命周期' : '四份文档中的实例生命周期'}`,
    }),
  );
  const chapters = machine ? [machineChapter(machine)] : CHAPTERS;
  const played = await playAll({ api, lang, run: randomBytes(3).toString('hex') }, chapters);
  await showLinks(session, played);
  return verdict(session, played, Date.now() - begun);
}

/** Where each life can be looked at: its workflow in the Web UI when that is known, else the API. */
async function showLinks({ api, say }: Session, played: PlayedScenario[]): Promise<void> {
  const { url } = api.options;
  const known = webUiAddress(url);
  const webUi = known !== undefined && (await webUiAnswers(known)) ? known : undefined;
  const rows = played.map(
    ({ id }) => `  ${webUi ? instanceLink(webUi, id) : `${url}/v1/instances/${id}/timeline`}`,
  );
  print(
    `\n${webUi ? say({ en: 'Look at them in Temporal’s Web UI', zh: '在 Temporal Web UI 中查看' }) : say({ en: 'Look at them by the API (SUNSET_WEB_UI would name the Web UI)', zh: '通过 API 查看（设置 SUNSET_WEB_UI 可显示 Web UI 链接）' })}:`,
  );
  print(rows.join('\n'));
}

function verdict({ say }: Session, played: PlayedScenario[], ms: number): number {
  const checks = played.flatMap((one) => one.checks);
  const differing = checks.filter(({ actual, expected }) => actual !== expected);
  const broken = played.filter((one) => one.trouble !== undefined);
  const seconds = (ms / 1000).toFixed(1);
  if (!differing.length && !broken.length) {
    print(
      say({
        en: `\n${played.length} lives, ${checks.length} checks, ${seconds} s: all as the documents say.`,
        zh: `\n${played.length} 个实例，${checks.length} 项检查，${seconds} 秒：全部与文档一致。`,
      }),
    );
    return EXIT.ok;
  }
  mention(say({ en: '\nThis is not as the documents say:', zh: '\n以下内容与文档不符：' }));
  for (const { life, rule, what, actual, expected } of differing) {
    mention(
      `  ${rule} ${life}, ${what}: ${say({ en: `${actual}, expected ${expected}`, zh: `${actual}，应为 ${expected}` })}`,
    );
  }
  for (const { id, trouble } of broken) mention(`  ${id}: ${trouble?.replaceAll('\n', '\n    ')}`);
  return EXIT.refused;
}

async function main(): Promise<void> {
  let session: Session | undefined;
  try {
    const { lang, help, machine: id, region, ...service } = readArguments();
    if (help) return void process.stdout.write(HELP);
    session = openSession({ lang: lang as Lang, json: false, ...service });
    process.exitCode = await playDemo(session, id === undefined ? undefined : { id, region });
  } catch (error) {
    process.exitCode = complain(error, 'demo', session) === EXIT.usage ? EXIT.usage : EXIT.refused;
  }
}

void main();
