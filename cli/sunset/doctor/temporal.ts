/**
 * Temporal: the operator's own by TEMPORAL_ADDRESS, else the one that `npm start` remembers, else what the
 * service says.
 */
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { canSkipTime } from '../../../embedded/temporal/check';
import { rememberedTemporal } from '../../../embedded/temporal/client';
import { connectClient } from '../../../temporal/connect';
import { type Diagnosis, fail, ok, type ServiceState, warn } from './finding';

const WITHIN_MS = 5000;

export async function checkTemporal(
  { parts }: ServiceState,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Diagnosis[]> {
  const said = parts?.temporal;
  const isOwn = Boolean(env.TEMPORAL_ADDRESS);
  const embedded = isOwn ? undefined : rememberedTemporal(folder);
  const address = env.TEMPORAL_ADDRESS || embedded?.address;
  if (address === undefined) {
    if (said === 'ok') return [ok('temporal', 'the service says that it answers', '服务报告 Temporal 正常')];
    return said === 'failed' ? [away('the service', 'npm start')] : [];
  }
  // Without the service the embedded server is meant to be down.
  if (!isOwn && parts === undefined)
    return [warn('temporal', 'comes up with npm start', '随 npm start 启动', null)];
  try {
    return await look(address, embedded ?? loadClientConnectConfig());
  } catch (error) {
    const reason = `${address} (${(error as Error).message.split('\n')[0]})`;
    return [
      away(
        isOwn ? `TEMPORAL_ADDRESS is ${reason}` : reason,
        isOwn ? 'temporal operator cluster health' : 'npm start',
      ),
    ];
  }
}

const away = (whose: string, fix: string): Diagnosis =>
  fail('temporal', `Temporal does not answer: ${whose}`, `Temporal 无响应：${whose}`, fix);

async function look(address: string, config: ClientConnectConfig): Promise<Diagnosis[]> {
  const namespace = config.namespace ?? 'default';
  const connection = await connectClient({ ...config.connectionOptions, connectTimeout: WITHIN_MS });
  try {
    const { serverVersion } = await connection.withDeadline(Date.now() + WITHIN_MS, () =>
      connection.workflowService.getSystemInfo({}),
    );
    const skips = await canSkipTime(connection, namespace);
    const name = `Temporal ${serverVersion} at ${address}, namespace ${namespace}`;
    return [
      ok('temporal', name, name),
      skips
        ? ok('time skipping', 'the server can', '服务器支持')
        : warn(
            'time skipping',
            'the server can’t: it needs 1.32 or later, with frontend.WorkflowTimeSkippingEnabled',
            '服务器不支持：需要 1.32 及以上并启用 frontend.WorkflowTimeSkippingEnabled',
            'env -u TEMPORAL_ADDRESS npm start',
          ),
    ];
  } finally {
    await connection.close();
  }
}
