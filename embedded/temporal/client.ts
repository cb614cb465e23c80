import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientConnectConfig, clientConfigToToml, loadClientConnectConfig } from '@temporalio/envconfig';
import { writeWhole } from '../state';
import { type Certificates, type ClientTls, SERVER_NAME } from './certificates';

/** Where a server is, and what to show and check there. */
export interface Connecting {
  address: string;
  /** Without it the server takes anybody. */
  tls?: ClientTls;
}

const fileIn = (dataFolder: string): string => join(dataFolder, 'temporal', 'client.toml');

/**
 * Writes how to connect, for other programs of the same user; returns the file, which Temporal's tools take
 * as TEMPORAL_CONFIG_FILE.
 */
export function rememberClient(
  dataFolder: string,
  address: string,
  namespace: string,
  certificates: Certificates | undefined,
): string {
  const tls = certificates && {
    serverName: SERVER_NAME,
    serverCACert: { path: certificates.ca },
    clientCert: { path: certificates.clientCert },
    clientKey: { path: certificates.clientKey },
  };
  const file = fileIn(dataFolder);
  const profile = { address, namespace, ...(tls ? { tls } : {}) };
  writeWhole(file, Buffer.from(clientConfigToToml({ profiles: { default: profile } })).toString());
  return file;
}

/**
 * How to connect to the Temporal that a start of this data folder has brought up, for commands that work
 * beside it; undefined when there was none. Whether it still runs is for the caller to find out.
 */
export function rememberedTemporal(
  dataFolder: string,
): (ClientConnectConfig & { address: string }) | undefined {
  const file = fileIn(dataFolder);
  if (!existsSync(file)) return undefined;
  try {
    const config = loadClientConnectConfig({ configSource: { path: file }, disableEnv: true });
    const { address } = config.connectionOptions;
    return address === undefined ? undefined : { ...config, address };
  } catch {
    return undefined; // Damaged: npm start writes it again.
  }
}
