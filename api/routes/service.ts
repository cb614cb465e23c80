/** Calls without a key: is it alive, can it work, what does it measure. */
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { ApiDeps } from '../deps';
import { type Route, route } from '../http/route';
import { postgresAnswers, temporalAnswers } from '../use-cases/health';

const TAG = 'Service';
const check = z.enum(['ok', 'failed']);
const readiness = z
  .object({ status: check, checks: z.object({ postgres: check, temporal: check }) })
  .meta({ id: 'Readiness' });

export const serviceRoutes = (deps: ApiDeps, metrics: Registry): Route[] => [
  route({
    method: 'get',
    path: '/healthz',
    tag: TAG,
    summary: 'Whether the process is alive',
    open: true,
    answers: { 200: { description: 'It is.', schema: z.object({ status: z.literal('ok') }) } },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    tag: TAG,
    summary: 'Whether PostgreSQL and Temporal answer',
    open: true,
    answers: {
      200: { description: 'Both do.', schema: readiness },
      503: { description: 'One does not.', schema: readiness },
    },
    handle: async () => {
      const [postgres, temporal] = await Promise.all([postgresAnswers(deps), temporalAnswers(deps)]);
      const said = (answers: boolean) => (answers ? 'ok' : 'failed');
      const ready = postgres && temporal;
      return {
        status: ready ? 200 : 503,
        body: { status: said(ready), checks: { postgres: said(postgres), temporal: said(temporal) } },
        ...(ready ? {} : { headers: { 'Retry-After': '5' } }),
      };
    },
  }),
  route({
    method: 'get',
    path: '/metrics',
    tag: TAG,
    summary: 'Metrics for Prometheus',
    open: true,
    answers: { 200: { description: 'Text format.', schema: z.string(), contentType: 'text/plain' } },
    handle: async () => ({
      status: 200,
      body: await metrics.metrics(),
      headers: { 'Content-Type': metrics.contentType },
    }),
  }),
];
