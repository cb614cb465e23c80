/** docker-compose.yml as this program needs it: read once, the short forms written out. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  image: string;
  user: string | undefined;
  restart: string | undefined;
  readOnly: boolean;
  entrypoint: string[];
  command: string[];
  environment: Record<string, string>;
  /** Names of secrets; a container finds each in `/run/secrets/<name>`. */
  secrets: string[];
  volumes: { source: string; target: string; readOnly: boolean }[];
  ports: string[];
  /** By service: `service_healthy`, `service_completed_successfully` or `service_started`. */
  dependsOn: Record<string, string>;
  /** The command of its health check; null when it has none. */
  healthcheck: string[] | null;
  containerName: string | undefined;
}

export interface Compose {
  services: Record<string, ComposeService>;
  /** The file of each secret, as written. */
  secrets: Record<string, string>;
}

type Raw = Record<string, unknown>;

const strings = (value: unknown): string[] => (value === undefined ? [] : [value].flat().map(String));
const optional = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));

/** `${NAME:-default}` and `${NAME}`, as compose fills them in when the environment has no such name. */
const withDefaults = (text: string): string =>
  text.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_, otherwise?: string) => otherwise ?? '');

function volume(text: string): ComposeService['volumes'][number] {
  const [source = '', target = '', mode = ''] = text.split(':');
  return { source, target, readOnly: mode === 'ro' };
}

function service(raw: Raw): ComposeService {
  const dependsOn = (raw.depends_on ?? {}) as Record<string, { condition: string }>;
  const healthcheck = (raw.healthcheck ?? { disable: true }) as { test?: unknown; disable?: boolean };
  return {
    image: String(raw.image),
    user: optional(raw.user),
    restart: optional(raw.restart),
    readOnly: raw.read_only === true,
    entrypoint: strings(raw.entrypoint),
    command: strings(raw.command),
    environment: Object.fromEntries(
      Object.entries((raw.environment ?? {}) as Raw).map(([name, value]) => [
        name,
        withDefaults(String(value)),
      ]),
    ),
    secrets: strings(raw.secrets),
    volumes: strings(raw.volumes).map(volume),
    ports: strings(raw.ports).map(withDefaults),
    dependsOn: Object.fromEntries(
      Object.entries(dependsOn).map(([name, { condition }]) => [name, condition]),
    ),
    healthcheck: healthcheck.disable ? null : strings(healthcheck.test),
    containerName: optional(raw.container_name),
  };
}

export function readCompose(file: string): Compose {
  const raw = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    services: Record<string, Raw>;
    secrets: Record<string, { file: string }>;
  };
  return {
    services: Object.fromEntries(Object.entries(raw.services).map(([name, one]) => [name, service(one)])),
    secrets: Object.fromEntries(Object.entries(raw.secrets).map(([name, { file: path }]) => [name, path])),
  };
}
