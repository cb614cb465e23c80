/** All that the console asks to be done. Each takes the Idempotency-Key of its intention. */
import type { z } from 'zod';
import type {
  AcceptedAnswer,
  AccountAnswer,
  InstanceAnswer,
  QuoteAnswer,
  RefundDetailAnswer,
  RefundRequestAnswer,
  TerminationAnswer,
} from '../../../contract/answers';
import type { AdjustmentAnswer, adjustmentSchema } from '../../../contract/books';
import type { DriftAnswer } from '../../../contract/drift';
import type { KeyAnswer, keySchema, NewKeyAnswer } from '../../../contract/keys';
import type { registrationSchema } from '../../../contract/registration';
import type {
  accountSchema,
  approvalSchema,
  driftDecisionSchema,
  holdSchema,
  quoteSchema,
  reasonSchema,
  refundRequestSchema,
  terminationSchema,
} from '../../../contract/requests';
import { call, path } from './call';

type CommandAnswer = InstanceAnswer | AcceptedAnswer;

const post = <Answer>(address: string, body: unknown, idempotencyKey: string): Promise<Answer> =>
  call<Answer>('POST', address, { body, idempotencyKey });

/** A command to one instance, by its name in the address. */
export const commandTo =
  (id: string, name: string) =>
  (body: object, idempotencyKey: string): Promise<CommandAnswer> =>
    post(`${path`/v1/instances/${id}`}/${name}`, body, idempotencyKey);

/** Preflight, plan and refund of each instance; it changes nothing. */
export const requestQuote = (
  body: z.input<typeof quoteSchema>,
  idempotencyKey: string,
): Promise<QuoteAnswer> => post('/v1/quotes', body, idempotencyKey);

/** Agrees to a quote: what it says is done. */
export const confirmQuote = (
  body: z.input<typeof terminationSchema>,
  idempotencyKey: string,
): Promise<TerminationAnswer> => post('/v1/terminations', body, idempotencyKey);

export const makeKey = (body: z.input<typeof keySchema>, idempotencyKey: string): Promise<NewKeyAnswer> =>
  post('/v1/keys', body, idempotencyKey);

export const revokeKey =
  (id: string) =>
  (body: object, idempotencyKey: string): Promise<KeyAnswer> =>
    post(path`/v1/keys/${id}/revoke`, body, idempotencyKey);

export const undoRefund =
  (id: string) =>
  (
    body: z.input<typeof reasonSchema>,
    idempotencyKey: string,
  ): Promise<RefundDetailAnswer | AcceptedAnswer> =>
    post(path`/v1/refunds/${id}/undo`, body, idempotencyKey);

export const putHold =
  (id: string) =>
  (body: z.input<typeof holdSchema>, idempotencyKey: string): Promise<InstanceAnswer> =>
    call('PUT', path`/v1/instances/${id}/hold`, { body, idempotencyKey });

export const askForRefund = (
  body: z.input<typeof refundRequestSchema>,
  idempotencyKey: string,
): Promise<RefundRequestAnswer> => post('/v1/refund-requests', body, idempotencyKey);

export const approveRequest =
  (id: string) =>
  (body: z.input<typeof approvalSchema>, idempotencyKey: string): Promise<RefundRequestAnswer> =>
    post(path`/v1/refund-requests/${id}/approve`, body, idempotencyKey);

export const denyRequest =
  (id: string) =>
  (body: z.input<typeof reasonSchema>, idempotencyKey: string): Promise<RefundRequestAnswer> =>
    post(path`/v1/refund-requests/${id}/deny`, body, idempotencyKey);

export const decideDrift =
  (id: string) =>
  (
    body: z.input<typeof driftDecisionSchema>,
    idempotencyKey: string,
  ): Promise<DriftAnswer | AcceptedAnswer> =>
    post(path`/v1/drift/${id}`, body, idempotencyKey);

export const registerInstance =
  (id: string) =>
  (body: z.input<typeof registrationSchema>, idempotencyKey: string): Promise<CommandAnswer> =>
    call('PUT', path`/v1/instances/${id}`, { body, idempotencyKey });

export const adjustBalance =
  (account: string) =>
  (body: z.input<typeof adjustmentSchema>, idempotencyKey: string): Promise<AdjustmentAnswer> =>
    post(path`/v1/accounts/${account}/adjustments`, body, idempotencyKey);

export const putStanding =
  (account: string) =>
  (body: z.input<typeof accountSchema>, idempotencyKey: string): Promise<AccountAnswer> =>
    call('PUT', path`/v1/accounts/${account}`, { body, idempotencyKey });
