import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

declare module 'express-serve-static-core' {
  interface Locals {
    /** The declared path of the call, for labels: never the address itself, whose ids have no end. */
    route?: string;
  }
}

export interface Metrics {
  registry: Registry;
  /** Measures every request from its arrival to the end of its answer. */
  measure: RequestHandler;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'sunset_http_request_duration_seconds',
    help: 'Time from arrival to the end of the answer, by declared path.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const measure: RequestHandler = (request, response, next) => {
    const stop = durations.startTimer();
    response.on('finish', () => {
      stop({ method: request.method, route: response.locals.route ?? 'none', status: response.statusCode });
    });
    next();
  };
  return { registry, measure };
}
