/**
 * `node dist/cli/worker.js`: a worker alone, as a production process. Start as many as you like: Temporal
 * gives each its share.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RunningWorker } from '../worker';
import { joinFoundation, type Process, runProcess } from './process/production';
import { runWorker } from './process/service';

/**
 * `GET /healthz`: 200 while the worker polls. Closed before the worker stops: one that is draining is not
 * healthy.
 */
async function serveHealth({ settings, logger, parts }: Process, worker: RunningWorker): Promise<void> {
  const { host, workerHealthPort: port } = settings;
  if (port === undefined) return;
  const server = createServer((request, response) => {
    const health = worker.isPolling() ? 200 : 503;
    const status = request.url === '/healthz' ? health : 404;
    response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ status: status === 200 ? 'ok' : 'no' }));
  });
  server.listen(port, host);
  await once(server, 'listening');
  parts.add('health', async () => {
    server.closeAllConnections();
    server.close();
  });
  logger.info({ host, port }, 'health is at /healthz');
}

runProcess('worker', async (started) => {
  const { settings, logger, parts } = started;
  const foundation = await joinFoundation(started);
  const { operatorKey, workflowBundle: bundlePath } = settings;
  const worker = await runWorker(
    { foundation, settings, operatorKey: operatorKey!, logger, bundlePath },
    parts,
  );
  await serveHealth(started, worker);
  logger.info({ namespace: foundation.namespace }, 'polling');
  await worker.finished;
});
