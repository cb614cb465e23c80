/**
 * `node dist/cli/api.js`: the API alone, as a production process. Start as many as you like behind one
 * address.
 */
import { joinFoundation, runProcess } from './process/production';
import { runApi } from './process/service';

runProcess('api', async (started) => {
  const { settings, logger, parts } = started;
  const foundation = await joinFoundation(started);
  const { url } = await runApi({ foundation, settings, operatorKey: settings.operatorKey!, logger }, parts);
  logger.info({ url, sandbox: settings.sandbox }, 'listening');
  await new Promise(() => {}); // until a signal
});
