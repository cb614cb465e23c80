/** Where Temporal's Web UI is: as set, or on the port that `npm start` remembers in its data folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workflowId } from '../../domain/ids';
import { dataFolder } from './session';

/** The Web UI's own server, or the CLI that serves its page itself. */
const STATE_FILES = ['ui.json', 'cli.json'];

const isLoopback = (url: string): boolean => /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);

/** @param serviceUrl a service elsewhere has nothing to do with a data folder here */
export function webUiAddress(serviceUrl: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.SUNSET_WEB_UI === 'off') return undefined;
  if (env.SUNSET_WEB_UI) return env.SUNSET_WEB_UI.replace(/\/+$/, '');
  if (!isLoopback(serviceUrl) || env.TEMPORAL_ADDRESS) return undefined;
  const ports = STATE_FILES.map((name) => rememberedPort(join(dataFolder(env), 'temporal', name)));
  const port = ports.find((one) => one !== undefined);
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

function rememberedPort(file: string): number | undefined {
  try {
    const { ui } = JSON.parse(readFileSync(file, 'utf8')) as { ui?: unknown };
    return typeof ui === 'number' ? ui : undefined;
  } catch {
    // No such start, or a file that is being written: then the address is simply not known.
    return undefined;
  }
}

export const webUiAnswers = async (address: string): Promise<boolean> =>
  await fetch(address, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** The page of an instance's workflow; the Web UI finds its latest run itself. */
export function instanceLink(webUi: string, id: string, env: NodeJS.ProcessEnv = process.env): string {
  const namespace = encodeURIComponent(env.TEMPORAL_NAMESPACE || 'default');
  return `${webUi}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId(id))}`;
}
