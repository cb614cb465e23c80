/**
 * `node dist/cli/migrate.js`: brings the database to this version's schema, and makes the Temporal namespace
 * and search attributes that are missing. Safe to run again and again, and from several places at once; the
 * API and the workers start after it.
 */
import { ensureExistingNamespace, startTemporal } from '../embedded';
import { migrate } from '../store/migrate';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';
import { migrationCount, runProcess } from './process/production';

runProcess('migrate', async ({ settings, databaseUrl, logger }) => {
  await migrate(settings.databaseAdminUrl ?? databaseUrl, databaseUrl, (message) => logger.debug(message));
  logger.info({ migrations: migrationCount() }, 'the database is up to date');
  const report = (step: string): void => logger.info(step);
  const { env, dataFolder } = settings;
  await ensureExistingNamespace(env, report);
  const { namespace } = await startTemporal({ dataFolder, env, report, searchAttributes: SEARCH_ATTRIBUTES });
  logger.info({ namespace, searchAttributes: Object.keys(SEARCH_ATTRIBUTES) }, 'Temporal is ready');
});
