/** Connections to Temporal whose calls end when they promised to. */
import {
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { isCrowded } from './meaning';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * Tries again like the SDK's own interceptor, but never beyond the call's deadline: the SDK's goes on behind
 * it, up to ten attempts whose pauses alone take some twenty seconds. Nor what is crowded: the caller is told
 * so at once (L20).
 */
const retryWithinDeadline: Interceptor = (options, nextCall) => {
  const retry = defaultGrpcRetryOptions();
  const end = Number(options.deadline ?? Number.POSITIVE_INFINITY);
  let pause = 0;
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => {
      pause = retry.delayFunction(attempt, status);
      return (
        !isCrowded(status.details) && retry.retryableDecider(attempt, status) && Date.now() + pause < end
      );
    },
    delayFunction: () => pause,
  });
  return interceptor(options, nextCall);
};

/** A server that comes back is noticed within two seconds; gRPC's own pauses grow to two minutes. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2000 };

/** A connection for the API and for the worker's client. */
export async function connectClient(options: ConnectionOptions): Promise<Connection> {
  const channelArgs = { ...RECONNECT, ...options.channelArgs };
  return await Connection.connect({ ...options, channelArgs, interceptors: [retryWithinDeadline] });
}

/** The same, without waiting for a server: its calls fail until there is one. */
export function lazyClient(options: ConnectionOptions): Connection {
  const channelArgs = { ...RECONNECT, ...options.channelArgs };
  return Connection.lazy({ ...options, channelArgs, interceptors: [retryWithinDeadline] });
}
