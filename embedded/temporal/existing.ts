import { Connection } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { EmbeddedError } from '../errors';
import { during, type Progress } from '../progress';
import {
  canSkipTime,
  ensureNamespace,
  makeSearchable,
  NOT_FOUND,
  type SearchAttributeKind,
  statusOf,
  UNIMPLEMENTED,
} from './check';
import type { Connecting } from './client';

export interface ExistingTemporal {
  address: string;
  namespace: string;
  connection: Connecting;
  timeSkipping: boolean;
}

const CONNECT_LIMIT = '5 seconds';

/** Where the operator's Temporal is. */
interface ExistingServer {
  options: ClientConnectConfig['connectionOptions'];
  address: string;
  namespace: string;
}

function targetOf(env: NodeJS.ProcessEnv): ExistingServer {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const { connectionOptions: options, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set),
    });
    return { options, address: options.address ?? env.TEMPORAL_ADDRESS ?? '', namespace };
  } catch (error) {
    throw new EmbeddedError(
      `Temporal's settings can't be used: ${(error as Error).message}`,
      'correct the TEMPORAL_… variables, or unset them',
      { cause: error },
    );
  }
}

async function connect({ options, address }: ExistingServer): Promise<Connection> {
  try {
    return await Connection.connect({ ...options, connectTimeout: CONNECT_LIMIT });
  } catch (error) {
    throw new EmbeddedError(
      `TEMPORAL_ADDRESS is ${address}, but no Temporal server answers there: ${(error as Error).message}`,
      'start that server, correct TEMPORAL_ADDRESS (host:port, and TEMPORAL_TLS or TEMPORAL_API_KEY if it wants them), or unset it: then Sunset starts a server of its own',
      { cause: error },
    );
  }
}

/** What is wrong with the namespace, and what to do: for an operator who may not know which part it is. */
function explain(error: unknown, namespace: string): [message: string, next: string] {
  const status = statusOf(error);
  if (status === UNIMPLEMENTED)
    return [
      'What answers at TEMPORAL_ADDRESS is no Temporal frontend',
      'give the host:port of its gRPC frontend (7233 by default), not of its Web UI',
    ];
  if (status === NOT_FOUND)
    return [
      `The Temporal server of TEMPORAL_ADDRESS has no namespace ${namespace}`,
      `make it (temporal operator namespace create --retention 30d -n ${namespace}), or set TEMPORAL_NAMESPACE`,
    ];
  return [
    `The Temporal server of TEMPORAL_ADDRESS refuses namespace ${namespace}: ${(error as Error).message}`,
    'check TEMPORAL_NAMESPACE and the credentials (TEMPORAL_API_KEY, TEMPORAL_TLS_…)',
  ];
}

async function checkNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.withDeadline(Date.now() + 5000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (error) {
    throw new EmbeddedError(...explain(error, namespace), { cause: error });
  }
}

/**
 * Connects to the operator's own Temporal (address, namespace, TLS and API key as @temporalio/envconfig reads
 * them) and checks that Sunset can use it. Nothing is started; of what is there only missing search
 * attributes are added.
 * @throws EmbeddedError when it can't be reached or used.
 */
export async function useExisting(
  env: NodeJS.ProcessEnv,
  attributes: Record<string, SearchAttributeKind>,
  report: Progress,
): Promise<ExistingTemporal> {
  const target = targetOf(env);
  const { options, address, namespace } = target;
  return during(
    report,
    `connecting to Temporal at ${address}, namespace ${namespace} (TEMPORAL_ADDRESS)`,
    async () => {
      const connection = await connect(target);
      try {
        await checkNamespace(connection, namespace);
        await makeSearchable(connection, namespace, attributes);
        const timeSkipping = await canSkipTime(connection, namespace).catch(() => false);
        return { address, namespace, connection: options as Connecting, timeSkipping };
      } finally {
        await connection.close();
      }
    },
  );
}

/**
 * Makes the namespace of the operator's own Temporal if there is none; one that is there stays as it is, its
 * retention too. Search attributes are added by `useExisting`.
 * @throws EmbeddedError when the server can't be reached or refuses.
 */
export async function ensureExistingNamespace(env: NodeJS.ProcessEnv, report: Progress): Promise<void> {
  const target = targetOf(env);
  const { address, namespace } = target;
  const connection = await connect(target);
  try {
    await checkNamespace(connection, namespace);
  } catch (error) {
    if (!(error instanceof EmbeddedError) || statusOf(error.cause) !== NOT_FOUND) throw error;
    report(`making the namespace ${namespace} at ${address}`);
    await ensureNamespace(connection, namespace);
  } finally {
    await connection.close();
  }
}
