/**
 * `node dist/cli/health.js`: the health check inside a container, which has no curl. Exit 0 when the process
 * beside it is well.
 */
const { WORKER_HEALTH_PORT, PORT = '3000' } = process.env;
const url = WORKER_HEALTH_PORT
  ? `http://127.0.0.1:${WORKER_HEALTH_PORT}/healthz`
  : `http://127.0.0.1:${PORT}/readyz`;

fetch(url, { signal: AbortSignal.timeout(4000) }).then(
  (response) => process.exit(response.ok ? 0 : 1),
  () => process.exit(1),
);

export {};
