/**
 * The checks in the order in which one thing stands on another: this machine, the service, what the service
 * stands on.
 */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { holderOf } from '../../../embedded/process/lock';
import { chooseKey, dataFolder, type FoundKey, serviceUrl } from '../session';
import { webUiAddress, webUiAnswers } from '../web-ui';
import { checkControlPlanes } from './control-planes';
import { checkDatabase } from './database';
import { askService, clockDiagnosis, type Diagnosis, fail, ok, type ServiceState, warn } from './finding';
import { checkLives } from './lives';
import { checkTemporal } from './temporal';

interface Surroundings {
  url: string | undefined;
  key: string | undefined;
  env: NodeJS.ProcessEnv;
}

export async function diagnose({ url: given, key: givenKey, env }: Surroundings): Promise<Diagnosis[]> {
  const url = serviceUrl(given, env);
  const folder = dataFolder(env);
  const found = chooseKey(givenKey, env);
  const { finding: service, parts, skewMs } = await checkService(url, folder);
  const isUp = parts !== undefined;
  const rest = await Promise.all([
    checkDatabase({ parts }, folder, env),
    checkTemporal({ parts }, folder, env),
    isUp ? checkKey(url, found) : undefined,
    isUp ? checkFastForward(url, found) : undefined,
    isUp ? checkLives(url, found) : undefined,
    isUp ? checkControlPlanes(url, found) : undefined,
    checkWebUi(url, env),
  ]);
  const all = [checkNode(), checkFolder(folder, env), service, clockDiagnosis('clock', skewMs), ...rest];
  return all.flatMap((one) => one ?? []);
}

/** The versions that package.json asks for. */
function checkNode(): Diagnosis {
  const { engines } = JSON.parse(readFileSync(resolve(__dirname, '../../../package.json'), 'utf8')) as {
    engines: { node: string };
  };
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [, fromMajor, fromMinor, below] = />=(\d+)\.(\d+) <(\d+)/.exec(engines.node)?.map(Number) ?? [];
  const fits = (major > fromMajor! || (major === fromMajor && minor >= fromMinor!)) && major < below!;
  const version = `Node ${process.versions.node}`;
  return fits
    ? ok('node', version, version)
    : fail(
        'node',
        `${version}, and Sunset needs ${engines.node}`,
        `${version}，需要 ${engines.node}`,
        'nvm install 22 && nvm use 22',
      );
}

/** Not there is no fault: a service elsewhere leaves none here. */
function checkFolder(folder: string, env: NodeJS.ProcessEnv): Diagnosis {
  if (!existsSync(folder)) {
    const where = env.SUNSET_DATA ? 'SUNSET_DATA' : '.sunset';
    return warn(
      'data',
      `${folder} (${where}) is not there: no npm start here yet, or its folder is another`,
      `${folder}（${where}）不存在：尚未在此启动，或使用了其他目录`,
      'npm start, or export SUNSET_DATA=<the folder that npm start names>',
    );
  }
  try {
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch {
    return fail(
      'data',
      `${folder} can’t be read and written`,
      `${folder} 无读写权限`,
      `sudo chown -R "$(id -un)" ${folder}`,
    );
  }
  const holder = holderOf(join(folder, 'lock'));
  return holder === undefined
    ? ok('data', `${folder}, not in use`, `${folder}，未被使用`)
    : ok('data', `${folder}, in use by process ${holder}`, `${folder}，由进程 ${holder} 使用`);
}

interface ServiceFinding {
  finding: Diagnosis;
  parts: ServiceState['parts'];
  skewMs?: number;
}

async function checkService(url: string, folder: string): Promise<ServiceFinding> {
  const port = new URL(url).port || '80';
  const asked = Date.now();
  let response: Response;
  try {
    response = await askService(`${url}/readyz`);
  } catch (error) {
    return {
      finding: silent(url, folder, (error as { cause?: { code?: string } }).cause?.code ?? 'no answer'),
      parts: undefined,
    };
  }
  const body = (await response.json().catch(() => null)) as {
    checks?: { postgres: string; temporal: string };
  } | null;
  if (!body?.checks) {
    const fix = `PORT=${Number(port) + 1} npm start, then export SUNSET_URL=http://127.0.0.1:${Number(port) + 1}`;
    const finding = fail(
      'service',
      `another program has port ${port}: ${url}/readyz is not Sunset’s`,
      `端口 ${port} 被其他程序占用`,
      fix,
    );
    return { finding, parts: undefined };
  }
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds.
  const skewMs = Number.isNaN(serverMs) ? undefined : (asked + Date.now()) / 2 - (serverMs + 500);
  const finding = ok('service', `Sunset answers at ${url}`, `Sunset 在 ${url} 正常响应`);
  return { finding, parts: body.checks, ...(skewMs === undefined ? {} : { skewMs }) };
}

/** Nobody listens. When a service runs on this data folder all the same, it is elsewhere. */
function silent(url: string, folder: string, reason: string): Diagnosis {
  const holder = holderOf(join(folder, 'lock'));
  if (holder !== undefined) {
    return fail(
      'service',
      `nothing answers at ${url} (${reason}), though process ${holder} runs Sunset on ${folder}: it is starting, or on another port`,
      `${url} 无响应（${reason}），但进程 ${holder} 正在 ${folder} 上运行：可能正在启动，或使用其他端口`,
      'export SUNSET_URL=<the API address that npm start printed>',
    );
  }
  return fail('service', `nothing answers at ${url} (${reason})`, `${url} 无响应（${reason}）`, 'npm start');
}

async function checkKey(url: string, { key, from }: FoundKey): Promise<Diagnosis> {
  const fix = 'export SUNSET_OPERATOR_KEY="$(cat <the data folder of npm start>/operator.key)"';
  if (key === undefined) return fail('key', `there is none in ${from}`, `${from} 中没有密钥`, fix);
  const { status } = await askService(`${url}/v1/instances?limit=1`, key);
  // 403: it is known, but may not read.
  if (status === 200 || status === 403) return ok('key', `accepted (from ${from})`, `有效（来自 ${from}）`);
  return fail(
    'key',
    `the one from ${from} is not accepted (${status})`,
    `来自 ${from} 的密钥无效（${status}）`,
    fix,
  );
}

/** Asked of an instance that does not exist: what can't be done at all is said first. */
async function checkFastForward(url: string, { key }: FoundKey): Promise<Diagnosis | undefined> {
  if (key === undefined) return undefined;
  const response = await askService(`${url}/v1/instances/sunset-doctor-asks/fast-forward`, key, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `doctor-${Date.now()}-${process.pid}` },
    body: '{"duration": "PT1S"}',
  });
  switch (response.status) {
    case 404:
      return ok('sandbox', 'instances can be fast-forwarded', '可以快进实例时钟');
    case 403:
      // A key without the permission can't tell.
      if (((await response.json()) as { code: string }).code !== 'SANDBOX_ONLY') return undefined;
      return warn(
        'sandbox',
        'off: clocks run at their own pace, and the demo can’t run',
        '未启用：时钟按实际速度运行，无法运行演示',
        'env -u DATABASE_URL -u TEMPORAL_ADDRESS -u SUNSET_SANDBOX npm start',
      );
    case 501:
      return warn(
        'sandbox',
        'this Temporal server can’t skip time: 1.32 or later can, with frontend.WorkflowTimeSkippingEnabled',
        '该 Temporal 服务器不支持时间快进：需要 1.32 及以上并启用 frontend.WorkflowTimeSkippingEnabled',
        'env -u TEMPORAL_ADDRESS npm start',
      );
    default:
      return undefined;
  }
}

async function checkWebUi(url: string, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const address = webUiAddress(url, env);
  if (address === undefined)
    return warn('web-ui', 'its address is not known here', '地址未知', 'export SUNSET_WEB_UI=<its address>');
  if (await webUiAnswers(address)) return ok('web-ui', address, address);
  return warn(
    'web-ui',
    `nothing answers at ${address}`,
    `${address} 无响应`,
    'npm start, or export SUNSET_WEB_UI=<its address>',
  );
}
