/** Control planes: whether each answers the API, by a look at one living instance. */
import type { ControlPlanesAnswer } from '../../../contract/control-planes';
import type { FoundKey } from '../session';
import { askService, type Diagnosis, fail, ok, warn } from './finding';

type Plane = ControlPlanesAnswer['items'][number];

export async function checkControlPlanes(url: string, { key }: FoundKey): Promise<Diagnosis[]> {
  if (key === undefined) return [];
  const response = await askService(`${url}/v1/control-planes`, key).catch(() => undefined);
  // A key without the permission can't tell.
  if (response?.status !== 200) return [];
  const { items } = (await response.json()) as ControlPlanesAnswer;
  return items.map(planeDiagnosis);
}

function planeDiagnosis({ name, host, breaker, looked }: Plane): Diagnosis {
  const check = `control plane ${name}`;
  if (looked === null)
    return warn(
      check,
      `${host} has no living instance to look at`,
      `${host} 没有可供查看的实例`,
      'npx sunset register <its file>',
    );
  const { instanceId, ms, exists, power, isolated, unknown } = looked;
  if (unknown !== null) {
    const left =
      breaker === 'closed' ? { en: '', zh: '' } : { en: `; breaker ${breaker}`, zh: `；熔断器 ${breaker}` };
    return fail(
      check,
      `${host} did not say how ${instanceId} is: ${unknown}${left.en}`,
      `${host} 未能说明 ${instanceId} 的状态：${unknown}${left.zh}`,
      `curl -i ${host} (from where the API runs), then its rule in SUNSET_CONTROL_PLANES`,
    );
  }
  if (!exists)
    return warn(
      check,
      `${host} has no ${instanceId}, which lives here (${ms} ms)`,
      `${host} 没有 ${instanceId}，而此处它仍存续（${ms} 毫秒）`,
      `npx sunset show ${instanceId}`,
    );
  const zh = `${power === 'running' ? '运行中' : '已停止'}${isolated ? '，已隔离' : ''}`;
  return ok(
    check,
    `${host} says that ${instanceId} is ${power}${isolated ? ', isolated' : ''} (${ms} ms)`,
    `${host}：${instanceId} ${zh}（${ms} 毫秒）`,
  );
}
