/** What the service stands on: PostgreSQL and Temporal, given or brought up. Little is loaded for it, so that they come up soon. */
import type { ConnectionOptions } from '@temporalio/client';
import type { NativeConnectionOptions } from '@temporalio/worker';
import {
  consoleProgress,
  type EmbeddedPostgres,
  type EmbeddedTemporal,
  lockDataFolder,
  type Progress,
  startPostgres,
  startTemporal,
} from '../../embedded';
import { migrate } from '../../store/migrate';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';
import type { Components } from './parts';
import type { Settings } from './settings';

export interface Foundation {
  databaseUrl: string;
  temporal: EmbeddedTemporal;
  postgres: EmbeddedPostgres | null;
  /** Address, TLS and API key, as both kinds of the SDK's connections take them. */
  connection: ConnectionOptions & NativeConnectionOptions;
  namespace: string;
}

/** PostgreSQL (migrated) and Temporal: the operator's own, or embedded ones. */
export async function startFoundation(
  settings: Settings,
  parts: Components,
  report = consoleProgress(),
): Promise<Foundation> {
  const lock = lockDataFolder(settings.dataFolder);
  parts.addLast(async () => lock.release());
  const [postgres, temporal] = await Promise.allSettled([
    startDatabase(settings, report),
    startTemporalFor(settings, report),
  ]);
  if (postgres.status === 'rejected') throw postgres.reason;
  if (temporal.status === 'rejected') throw temporal.reason;
  const { connection, namespace } = temporal.value;
  return { ...postgres.value, temporal: temporal.value, connection, namespace };
}

async function startDatabase(
  settings: Settings,
  report: Progress,
): Promise<{ databaseUrl: string; postgres: EmbeddedPostgres | null }> {
  if (settings.databaseUrl !== undefined) {
    await migrate(settings.databaseAdminUrl ?? settings.databaseUrl, settings.databaseUrl);
    return { databaseUrl: settings.databaseUrl, postgres: null };
  }
  const postgres = await startPostgres({ dataFolder: settings.dataFolder, report });
  await migrate(postgres.adminUrl, postgres.serviceUrl);
  return { databaseUrl: postgres.serviceUrl, postgres };
}

function startTemporalFor({ dataFolder, env }: Settings, report: Progress): Promise<EmbeddedTemporal> {
  const webUi = env.SUNSET_WEB_UI !== 'off';
  return startTemporal({ dataFolder, report, env, searchAttributes: SEARCH_ATTRIBUTES, webUi });
}
