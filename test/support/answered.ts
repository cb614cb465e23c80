/** What the API answers where, by the contract's own schemas: the types of what tests read. */
import type { z } from 'zod';
import type * as answers from '../../contract/answers';
import type * as books from '../../contract/books';
import type { commandsAnswer } from '../../contract/commands';
import type { controlPlanesAnswer } from '../../contract/control-planes';
import type * as drift from '../../contract/drift';
import type { eventPageAnswer } from '../../contract/events';
import type { keyAnswer, newKeyAnswer } from '../../contract/keys';
import type { policiesAnswer, workedPolicyAnswer } from '../../contract/policies';
import type { sessionAnswer } from '../../contract/sessions';

export type Problem = z.infer<typeof answers.problemAnswer>;
export type Instance = z.infer<typeof answers.instanceAnswer>;
export type Quote = z.infer<typeof answers.quoteAnswer>;
export type Termination = z.infer<typeof answers.terminationAnswer>;
export type Refund = z.infer<typeof answers.refundDetailAnswer>;
export type RefundRequest = z.infer<typeof answers.refundRequestAnswer>;
export type Step = z.infer<typeof answers.timelineAnswer>;
export type Movement = z.infer<typeof answers.movementAnswer>;
export type Balances = z.infer<typeof books.balancesAnswer>;
export type Session = z.infer<typeof sessionAnswer>;
type EventPage = z.infer<typeof eventPageAnswer>;
export type Page<Item> = { items: Item[]; nextCursor: string | null };

/** By path; the first that fits. `*` is one part of it, or more. */
type Gets = [
  ['/v1/instances/*/timeline', Page<Step>],
  ['/v1/instances/*/usage', Page<z.infer<typeof answers.usageAnswer>>],
  ['/v1/instances/*/commands', z.infer<typeof commandsAnswer>],
  ['/v1/instances/*/renewal-price', z.infer<typeof answers.renewalPriceAnswer>],
  ['/v1/instances/*/refund-curve', z.infer<typeof answers.refundCurveAnswer>],
  ['/v1/instances/*', Instance],
  ['/v1/instances', Page<Instance>],
  ['/v1/instance-facets', z.infer<typeof answers.facetsAnswer>],
  ['/v1/recycle-bin', Page<z.infer<typeof answers.binEntryAnswer>>],
  ['/v1/control-planes', z.infer<typeof controlPlanesAnswer>],
  ['/v1/policies/*', z.infer<typeof workedPolicyAnswer>],
  ['/v1/policies', z.infer<typeof policiesAnswer>],
  ['/v1/quotes/*', Quote],
  ['/v1/drift', Page<z.infer<typeof drift.driftAnswer>>],
  ['/v1/terminations/*', Termination],
  ['/v1/terminations', Page<Termination>],
  ['/v1/refunds/*', Refund],
  ['/v1/refunds', Page<z.infer<typeof answers.refundAnswer>>],
  ['/v1/refund-requests/*', RefundRequest],
  ['/v1/refund-requests', Page<RefundRequest>],
  ['/v1/accounts/*/statement', Page<Movement>],
  ['/v1/accounts/*/adjustments', Page<z.infer<typeof books.adjustmentAnswer>>],
  ['/v1/accounts/*/balances', Balances],
  ['/v1/accounts/*', z.infer<typeof answers.accountAnswer>],
  ['/v1/accounts', Page<z.infer<typeof answers.listedAccountAnswer>>],
  ['/v1/audit-checks', z.infer<typeof books.auditChecksAnswer>],
  ['/v1/seal', z.infer<typeof books.sealAnswer>],
  ['/v1/trial-balance', z.infer<typeof books.trialBalanceAnswer>],
  ['/v1/audits/*', z.infer<typeof books.auditAnswer>],
  ['/v1/audits', Page<z.infer<typeof books.auditSummaryAnswer>>],
  ['/v1/keys', Page<z.infer<typeof keyAnswer>>],
  ['/v1/sessions/current', Session],
  ['/v1/events', EventPage],
];
type Puts = [['/v1/instances/*', Instance], ['/v1/accounts/*', z.infer<typeof answers.accountAnswer>]];
type Posts = [
  ['/v1/instances/*/usage', z.infer<typeof answers.usageAnswer>],
  ['/v1/instances/*', Instance],
  ['/v1/quotes', Quote],
  ['/v1/terminations', Termination],
  ['/v1/drift/*', z.infer<typeof drift.driftAnswer>],
  ['/v1/refunds/*/undo', Refund],
  ['/v1/refund-requests*', RefundRequest],
  ['/v1/accounts/*/adjustments', z.infer<typeof books.adjustmentAnswer>],
  ['/v1/keys/*/revoke', z.infer<typeof keyAnswer>],
  ['/v1/keys', z.infer<typeof newKeyAnswer>],
  ['/v1/sessions', Session],
];

type Pattern<Text extends string> = Text extends `${infer Before}*${infer After}`
  ? `${Before}${string}${Pattern<After>}`
  : Text;
type First<Path extends string, Table> = Table extends [
  [infer Of extends string, infer Answer],
  ...infer More,
]
  ? Path extends Pattern<Of>
    ? Answer
    : First<Path, More>
  : unknown;
type WithoutQuery<Path extends string> = Path extends `${infer Before}?${string}` ? Before : Path;

/**
 * A body as a test reads it: what the path answers, and a problem's members, either of which the status says.
 * (`requireDeclared` holds it against the document.) Of a path that is not known when it is written, a
 * problem's are all that is known.
 */
type Told<Answer> = Answer & Partial<Omit<Said, keyof Answer>>;
type Said = Omit<Problem, 'type' | 'status'>;

export type Got<Path extends string> = Path extends `${string}format=csv${string}`
  ? string
  : Told<First<WithoutQuery<Path>, Gets>>;
export type Put<Path extends string> = Told<First<WithoutQuery<Path>, Puts>>;
export type Posted<Path extends string> = Told<First<WithoutQuery<Path>, Posts>>;
/** Of a call whose path or method is not known when it is written. */
export type Unforeseen = Told<unknown>;
