import { Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { EmbeddedError } from '../errors';
import { until } from '../process/table';

/** As the Web UI and the CLI call them. */
export type SearchAttributeKind = 'Keyword' | 'Datetime' | 'Text' | 'Int' | 'Bool' | 'Double';

type IndexedValueType = temporal.api.enums.v1.IndexedValueType;

const KINDS: Record<SearchAttributeKind, IndexedValueType> = {
  Keyword: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Datetime: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
  Text: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_TEXT,
  Int: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Bool: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  Double: temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
};

// The gRPC status codes that matter here (@grpc/grpc-js is not a dependency of ours).
export const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
export const UNIMPLEMENTED = 12;

const CALL_LIMIT_MS = 5000;
/** A cluster without our dynamic config refreshes its search attributes once a minute. */
const USABLE_LIMIT_MS = 90_000;
const KNOWN_LIMIT_MS = 20_000;
const RETENTION_MS = 30 * 86_400_000;

/** The gRPC status code of an error; undefined when it is something else. */
export function statusOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

/** Whether a Temporal server answers a call there. Never rejects. */
export async function isTemporalUp(options: ConnectionOptions): Promise<boolean> {
  try {
    const connection = await Connection.connect({ connectTimeout: 3000, ...options });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

const limited = <T>(connection: Connection, call: () => Promise<T>) =>
  connection.withDeadline(Date.now() + CALL_LIMIT_MS, call);

/** Makes the namespace of a server that we started; histories are kept for 30 days after a workflow's end. */
export async function ensureNamespace(connection: Connection, namespace: string): Promise<void> {
  const service = connection.workflowService;
  const retention = msToTs(RETENTION_MS);
  try {
    // Not asked for first: the server would remember for a second that there is none.
    await limited(connection, () =>
      service.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention }),
    );
    await until(() => isKnown(connection, namespace), KNOWN_LIMIT_MS, 50);
  } catch (error) {
    if (statusOf(error) !== ALREADY_EXISTS) throw error;
    const { config } = await limited(connection, () => service.describeNamespace({ namespace }));
    if (optionalTsToMs(config?.workflowExecutionRetentionTtl) === RETENTION_MS) return;
    await limited(connection, () =>
      service.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: retention } }),
    );
  }
}

/** A new namespace reaches the server's registry with its next refresh. */
async function isKnown(connection: Connection, namespace: string): Promise<boolean> {
  return limited(connection, () => connection.operatorService.listSearchAttributes({ namespace })).then(
    () => true,
    () => false,
  );
}

const queryOf = (names: readonly string[]) => names.map((name) => `${name} IS NULL`).join(' AND ');

function missingAttributes(
  namespace: string,
  missing: readonly [string, SearchAttributeKind][],
  error: unknown,
): EmbeddedError {
  const commands = missing.map(
    ([name, kind]) =>
      `temporal operator search-attribute create -n ${namespace} --name ${name} --type ${kind}`,
  );
  return new EmbeddedError(
    `Search attributes are missing in namespace ${namespace}, and could not be added: ${(error as Error).message}`,
    `let an operator add them:\n${commands.join('\n')}`,
    { cause: error },
  );
}

/** @throws EmbeddedError when an attribute of the same name has another type. */
function checkKinds(
  namespace: string,
  wanted: Record<string, SearchAttributeKind>,
  existing: Record<string, IndexedValueType | null>,
): void {
  for (const [name, kind] of Object.entries(wanted)) {
    const has = existing[name];
    if (has === undefined || has === null || has === KINDS[kind]) continue;
    const found = temporal.api.enums.v1.IndexedValueType[has]
      .replace('INDEXED_VALUE_TYPE_', '')
      .toLowerCase();
    throw new EmbeddedError(
      `The search attribute ${name} of namespace ${namespace} is of type ${found}, and Sunset needs ${kind}`,
      'use another namespace (TEMPORAL_NAMESPACE)',
    );
  }
}

/**
 * Adds the search attributes that the namespace lacks; those that it has stay. Where nobody may look or add
 * (Temporal Cloud) a query finds out whether they are there.
 * @throws EmbeddedError when one of the same name has another type, or when some are missing and can't be
 *   added.
 */
async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: Record<string, SearchAttributeKind>,
): Promise<void> {
  const { operatorService, workflowService } = connection;
  let missing = Object.entries(wanted);
  try {
    const { customAttributes } = await limited(connection, () =>
      operatorService.listSearchAttributes({ namespace }),
    );
    checkKinds(namespace, wanted, customAttributes);
    missing = missing.filter(([name]) => customAttributes[name] === undefined);
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(missing.map(([name, kind]) => [name, KINDS[kind]]));
    await limited(connection, () => operatorService.addSearchAttributes({ namespace, searchAttributes }));
  } catch (error) {
    if (error instanceof EmbeddedError) throw error;
    if (statusOf(error) === ALREADY_EXISTS) return;
    const query = queryOf(Object.keys(wanted));
    await limited(connection, () => workflowService.countWorkflowExecutions({ namespace, query })).catch(
      () => {
        throw missingAttributes(namespace, missing, error);
      },
    );
  }
}

/**
 * Waits until the server's caches know the namespace and each search attribute, and its history service takes
 * calls.
 */
async function waitUntilUsable(
  connection: Connection,
  namespace: string,
  attributes: readonly string[],
): Promise<void> {
  const query = queryOf(attributes);
  let last: unknown;
  const works = async () => {
    try {
      await limited(connection, () =>
        connection.workflowService.countWorkflowExecutions({ namespace, query }),
      );
      await limited(connection, () =>
        connection.workflowService.describeWorkflowExecution({
          namespace,
          execution: { workflowId: 'sunset-start-check' },
        }),
      );
      return true;
    } catch (error) {
      last = error;
      return statusOf(error) === NOT_FOUND && !/namespace/i.test((error as Error).message);
    }
  };
  if (await until(works, USABLE_LIMIT_MS, 100)) return;
  throw new EmbeddedError(`Temporal is up, but can't be used: ${(last as Error).message}`, 'see its log', {
    cause: last,
  });
}

/**
 * Adds the search attributes that are missing, and waits until they can be used.
 * @throws EmbeddedError when they can't be added, or the server does not get ready
 */
export async function makeSearchable(
  connection: Connection,
  namespace: string,
  attributes: Record<string, SearchAttributeKind>,
): Promise<void> {
  await ensureSearchAttributes(connection, namespace, attributes);
  await waitUntilUsable(connection, namespace, Object.keys(attributes));
}

/**
 * Whether the server skips time for single workflows. No capability flag says so (as of server 1.32), so a
 * read of a workflow that does not exist asks: a server that can says so with "not found", one that can't, or
 * where it is switched off, with "unimplemented".
 */
export async function canSkipTime(connection: Connection, namespace: string): Promise<boolean> {
  const request = {
    namespace,
    workflowExecution: { workflowId: 'sunset-start-check' },
    fastForwardId: 'sunset-start-check',
  };
  try {
    await limited(connection, () => connection.workflowService.pollWorkflowExecutionTimeSkipping(request));
    return true;
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return true;
    if (statusOf(error) === UNIMPLEMENTED) return false;
    throw error;
  }
}
