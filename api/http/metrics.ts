import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { msOf } from '../../domain/instant';
import type { Status } from '../../drivers/gate';
import { lastAudit } from '../../store/audit/runs';
import { unsealedBacklog } from '../../store/books/seal';
import type { Pool } from '../../store/db';
import { countWaiting } from '../../store/lives/drift';
import { lastWatch, type TroubleKind } from '../../store/lives/watch';
import type { ApiDeps } from '../deps';

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
  /** Measures how many streams of events are open. */
  countStreams(count: () => number): void;
}

export function createMetrics({ pool, controlPlanes }: Pick<ApiDeps, 'pool' | 'controlPlanes'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureBooks(registry, pool);
  measureLives(registry, pool);
  measureMachines(registry, pool);
  measureControlPlanes(registry, controlPlanes?.statuses ?? (() => []));
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
  const countStreams = (count: () => number): void =>
    void new Gauge({
      name: 'sunset_event_streams',
      help: 'Streams of events that are open (GET /v1/events).',
      registers: [registry],
      collect() {
        this.set(count());
      },
    });
  return { registry, measure, countStreams };
}

/**
 * What several gauges of one scrape show of one answer is asked for once: prom-client collects them all at
 * the same time.
 */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

type AddGauge = (name: string, help: string, read: () => Promise<number | undefined>) => Gauge;

/** Gauges that are read from the database on each scrape. */
const gaugesOf =
  (registry: Registry): AddGauge =>
  (name, help, read) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        // Without an answer nothing is known, which is not nothing.
        const value = await read().catch(() => undefined);
        this.set(value ?? Number.NaN);
      },
    });

/** Lives that Temporal has lost or that are late, as a worker saw them last (L14). */
function measureLives(registry: Registry, pool: Pool): void {
  const gauge = gaugesOf(registry);
  const last = shared(() => lastWatch(pool));
  const seen = (kind: TroubleKind) => async () => (await last())?.counts[kind];
  gauge(
    'sunset_lives_lost',
    'Lives without a running workflow; sunset repair starts one again.',
    seen('lost'),
  );
  gauge('sunset_lives_stuck', 'Lives whose workflow does not answer.', seen('stuck'));
  gauge(
    'sunset_lives_overdue',
    'Lives whose workflow answers, and has not taken a deadline that is more than a minute past.',
    seen('overdue'),
  );
  gauge('sunset_lives_watch_age_seconds', 'How long ago a worker looked for such lives.', async () => {
    const watch = await last();
    return watch && (Date.now() - msOf(watch.at)) / 1000;
  });
}

/** What waits for somebody: a control plane does not bring it to an end, or has it otherwise. */
function measureMachines(registry: Registry, pool: Pool): void {
  const gauge = gaugesOf(registry);
  const waiting = shared(() => countWaiting(pool));
  gauge(
    'sunset_machines_stuck',
    'Instances with something that a control plane does not bring to an end; sunset stuck lists them.',
    async () => (await waiting()).attention,
  );
  gauge(
    'sunset_machines_drifted',
    'Machines that are otherwise than their instances’ states say; sunset drift list lists them.',
    async () => (await waiting()).drift,
  );
}

const BREAKER = { closed: 0, 'half-open': 0.5, open: 1 } as const;

/** As this process sees them (SUNSET_CONTROL_PLANES). */
function measureControlPlanes(registry: Registry, statuses: () => Status[]): void {
  const gauge = (name: string, help: string, read: (status: Status) => number): void =>
    void new Gauge({
      name,
      help,
      labelNames: ['control_plane'],
      registers: [registry],
      collect() {
        for (const status of statuses()) this.set({ control_plane: status.name }, read(status));
      },
    });
  gauge(
    'sunset_control_plane_breaker',
    '0: closed. 1: open, it has not answered and is left alone. 0.5: one request tries.',
    ({ breaker }) => BREAKER[breaker],
  );
  gauge('sunset_control_plane_in_flight', 'Requests under way.', ({ inFlight }) => inFlight);
  gauge('sunset_control_plane_queued', 'Askings that wait for their turn.', ({ queued }) => queued);
  new Gauge({
    name: 'sunset_control_plane_requests',
    help: 'Requests since the process began; unknown: nothing came that can be believed.',
    labelNames: ['control_plane', 'outcome'],
    registers: [registry],
    collect() {
      for (const { name, counts } of statuses())
        for (const outcome of ['answered', 'unknown'] as const)
          this.set({ control_plane: name, outcome }, counts[outcome]);
    },
  });
}

/** The books. */
function measureBooks(registry: Registry, pool: Pool): void {
  const gauge = gaugesOf(registry);
  const backlog = shared(() => unsealedBacklog(pool));
  const last = shared(() => lastAudit(pool));
  gauge(
    'sunset_ledger_unsealed_transactions',
    'Ledger transactions that are booked and not sealed yet.',
    async () => (await backlog()).transactions,
  );
  gauge(
    'sunset_ledger_unsealed_age_seconds',
    'How long the oldest of them has waited; 0 when none does.',
    async () => (await backlog()).ageSeconds,
  );
  gauge(
    'sunset_audit_findings',
    'What the last audit found; anything above 0 is for a person to look at.',
    async () => (await last())?.findings,
  );
  gauge(
    'sunset_audit_age_seconds',
    'How long ago the last audit ended.',
    async () => (await last())?.ageSeconds,
  );
}
