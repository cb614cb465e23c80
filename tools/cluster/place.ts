/**
 * Where the things that containers see are on this machine: other services' addresses, mounted files,
 * secrets.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LOOPBACK, makeFolder } from '../../embedded/tools';
import type { Compose, ComposeService } from './compose';

export const ROOT = join(__dirname, '..', '..');

export interface ClusterPlace {
  /** The folder with this cluster's copies of the secrets. */
  secrets: string;
  /** Ports of services inside the compose network, `postgres:5432`, and what they are here. */
  ports: Record<string, number>;
}

/** A text of the compose file with this machine's addresses and paths in it. */
export function located(text: string, service: ComposeService, place: ClusterPlace): string {
  let here = text.replaceAll('/run/secrets/', `${place.secrets}/`);
  for (const { source, target } of service.volumes)
    if (source.startsWith('.')) here = here.replaceAll(target, resolve(ROOT, source));
  for (const [address, port] of Object.entries(place.ports))
    here = here.replaceAll(address, `${LOOPBACK}:${port}`);
  return here;
}

/**
 * The environment that compose would give the service, with this machine's addresses; `own` are ports and
 * addresses to listen on.
 */
export function environmentOf(
  service: ComposeService,
  place: ClusterPlace,
  own: Record<string, string | number>,
): Record<string, string> {
  const given = Object.entries(service.environment).map(([name, value]) => [
    name,
    located(value, service, place),
  ]);
  return {
    ...Object.fromEntries(given),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, String(value)])),
  };
}

/**
 * What the service runs, as it would be run here: `node` is this one, and paths in the image are paths of the
 * checkout.
 */
export function commandOf(service: ComposeService, place: ClusterPlace): string[] {
  const words = [...service.entrypoint, ...service.command].map((word) => located(word, service, place));
  return words.map((word) => {
    if (word === 'node') return process.execPath;
    return word.startsWith('dist/') ? join(ROOT, word) : word;
  });
}

/** Copies of the secrets with this machine's addresses: the URLs among them name the compose network's. */
export function placeSecrets(compose: Compose, from: string, place: ClusterPlace): void {
  rmSync(place.secrets, { recursive: true, force: true });
  makeFolder(place.secrets, 0o700);
  for (const name of Object.keys(compose.secrets)) {
    let text = readFileSync(join(from, name), 'utf8');
    for (const [address, port] of Object.entries(place.ports))
      text = text.replaceAll(`@${address}/`, `@${LOOPBACK}:${port}/`);
    writeFileSync(join(place.secrets, name), text, { mode: 0o600 });
  }
}

export const readSecret = (place: ClusterPlace, name: string): string =>
  readFileSync(join(place.secrets, name), 'utf8').trim();
