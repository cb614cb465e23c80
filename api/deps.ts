import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Policy } from '../domain/policy';
import type { ControlPlanes } from '../drivers/control-planes';
import type { Pool } from '../store/db';
import type { Owner } from '../store/idempotency';
import type { InstanceRow } from '../store/lives/instances';
import type { Signatures } from '../store/signatures';
import type { Places } from '../temporal/places';
import type { EventFeed } from './events/feed';
import type { KeySecrets } from './secrets';
import type { SignInCodes } from './sign-in-codes';

/** Everything that the API is made of. Nothing in this room reads the environment. */
export interface ApiDeps {
  pool: Pool;
  temporal: Client;
  namespace: string;
  /** The operator's bearer key. */
  operatorKey: string;
  /** What is secret of other keys and of sessions: derived from the operator's key. */
  secrets: KeySecrets;
  /** Vouch for what callers send, with a key derived from the operator's. */
  signatures: Signatures;
  /** Whose running Idempotency-Keys are: this process (`openOwner` of the store). */
  owner: Pick<Owner, 'owner' | 'held'>;
  /** Tells what happens to whoever listens. */
  feed: EventFeed;
  /** For the items of agreements, all of them together. */
  places: Places;
  /** Allows fast-forward. */
  sandbox: boolean;
  /** Whether the Temporal server can skip time. */
  timeSkipping: boolean;
  /** Where workers poll; default: that of `workflows/messages`. */
  taskQueue?: string;
  policies: readonly Policy[];
  logger: Logger;
  /** How long a quote holds; default 15 minutes. */
  quoteSeconds?: number;
  /**
   * How long a command may wait for its workflow before the answer is 202 or 503; default: that of
   * `workflows/send`.
   */
  commandWaitMs?: number;
  /** How long `POST /v1/terminations` waits for its items; default 5 s. */
  terminationWaitMs?: number;
  /** How long fast-forward may take; default 30 s, and 30 s more for the deadlines that came due. */
  fastForwardWaitMs?: number;
  /** Failed authentications that one address may make per minute; default 60. */
  authFailuresPerMinute?: number;
  /** Which have which instances; default: there are none, and all are books only. */
  controlPlanes?: ControlPlanes;
  /** How long a session lasts at most, and how long unused, in seconds; default 12 hours and 2. */
  sessions?: { seconds: number; idleSeconds: number };
  /** Sign the operator in once each; default: there are none. */
  signInCodes?: SignInCodes | undefined;
  /** Address of Temporal's Web UI, without a slash at its end; default: it is not known. */
  webUi?: string | undefined;
  /** Where the console was built to, or will be; default: there is none. */
  console?: string | undefined;
  /** Addresses of proxies that are believed who asks, and by which protocol; default: none is. */
  trustedProxies?: readonly string[];
}

const FIFTEEN_MINUTES = 900;

/** How long an amount that was quoted holds, in seconds. */
export const quoteSecondsOf = ({ quoteSeconds }: Pick<ApiDeps, 'quoteSeconds'>): number =>
  quoteSeconds ?? FIFTEEN_MINUTES;

/** The policy of a product, if Sunset knows it. */
export const policyOf =
  (deps: Pick<ApiDeps, 'policies'>) =>
  (product: string): Policy | undefined =>
    deps.policies.find((policy) => policy.product === product);

/**
 * What an instance is quoted by: its product's policy as it is now, else the one that it was registered with.
 */
export const policyOfRow =
  (deps: Pick<ApiDeps, 'policies'>) =>
  (row: InstanceRow): Policy =>
    policyOf(deps)(row.facts.product) ?? row.policy;
