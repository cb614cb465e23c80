/** What so many sleeping instances, and so many ends a second, need: arithmetic on what was measured. */
import type { Bytes } from '../compare';

export interface Measured {
  /** Of an instance that sleeps in the bin. */
  sleeper: Bytes;
  /** Of a life that is over: Temporal keeps it for its retention, Sunset for good. */
  life: Bytes;
  /** Processor milliseconds of a life by HTTP: registered, quoted, confirmed, purged. */
  cpu: { sunset: number; temporal: number; postgres: number };
  /** State transitions of a life. */
  transitions: number;
  /** Of one small transaction. */
  commitMs: number;
  /** Updates a second that the machine of the bench does. */
  updates: number;
}

/** What is not measured but chosen; each is named beside what comes of it. */
export const CHOSEN = {
  /** Of a bin: an instance sleeps so long. */
  sleepDays: 7,
  /** Of the namespace: how long Temporal keeps what is over. */
  retentionDays: 7,
  /** Of a processor, so that a peak finds room. */
  load: 0.6,
  /** Of a shard, which writes one transition after the other. */
  shardLoad: 0.25,
  /** Of one host for Temporal and for Sunset. */
  hostCores: 16,
  /** Of the largest PostgreSQL that one would run. */
  postgresCores: 64,
  /** Of its disk, for what is there and what a year adds. */
  postgresGb: 8000,
  /** What docker-compose.yml begins with. */
  shards: 512,
} as const;

export interface Need {
  name: string;
  sleeping: number;
  ends: number;
  temporalGb: number;
  visibilityGb: number;
  recordsGb: number;
  /** Sunset's own tables grow by so much a year. */
  recordsGbAYear: number;
  shards: number;
  temporalHosts: number;
  sunsetHosts: number;
  postgresCores: number;
  /** Installations of their own, each with a PostgreSQL of the largest kind: by its cores, and by its disk. */
  cellsByCores: number;
  cellsByDisk: number;
}

const DAY = 86_400;
const GB = 1e9;

/** Cores that are busy with so many lives a second, with room for a peak. */
const coresFor = (cpuMs: number, lives: number): number => (cpuMs * lives) / 1000 / CHOSEN.load;

/** @param ends a second; undefined: as many as there must be for so many to sleep */
export function needOf(measured: Measured, name: string, sleeping: number, ends?: number): Need {
  const { sleeper, life, cpu, transitions, commitMs } = measured;
  const rate = ends ?? sleeping / (CHOSEN.sleepDays * DAY);
  const kept = rate * CHOSEN.retentionDays * DAY;
  const perShard = (1000 / commitMs) * CHOSEN.shardLoad;
  const postgresCores = coresFor(cpu.postgres, rate);
  const temporalGb = (sleeping * sleeper.temporal + kept * life.temporal) / GB;
  const visibilityGb = (sleeping * sleeper.visibility + kept * life.visibility) / GB;
  const recordsGb = (sleeping * sleeper.records) / GB;
  const recordsGbAYear = (rate * DAY * 365 * life.records) / GB;
  return {
    name,
    sleeping,
    ends: rate,
    temporalGb,
    visibilityGb,
    recordsGb,
    recordsGbAYear,
    shards: Math.max(CHOSEN.shards, 2 ** Math.ceil(Math.log2((rate * transitions) / perShard))),
    temporalHosts: Math.max(3, Math.ceil(coresFor(cpu.temporal, rate) / CHOSEN.hostCores)),
    sunsetHosts: Math.max(2, Math.ceil(coresFor(cpu.sunset, rate) / CHOSEN.hostCores)),
    postgresCores,
    cellsByCores: Math.ceil(postgresCores / CHOSEN.postgresCores),
    cellsByDisk: Math.ceil((temporalGb + visibilityGb + recordsGb + recordsGbAYear) / CHOSEN.postgresGb),
  };
}

export interface Herd {
  deadlines: number;
  /** Seconds on the machine of the bench, when all come at once. */
  atOnceSeconds: number;
  /** A second, when they are spread over so many seconds. */
  spread: number;
}

export const herdOf = ({ updates }: Measured, deadlines: number, seconds: number): Herd => ({
  deadlines,
  atOnceSeconds: deadlines / updates,
  spread: deadlines / seconds,
});
