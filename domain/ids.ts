/**
 * Ids that are derived from other ids, each with its inverse where one is needed. Derived ids make a repeat
 * find what happened before.
 */

/** The workflow of an instance. */
export const workflowId = (instanceId: string): string => `instance/${instanceId}`;
export const instanceIdOf = (workflow: string): string => workflow.slice('instance/'.length);

/** The command that carries out one item of a termination; also the id of its update (decision 13). */
export const itemCommandId = (terminationId: string, instanceId: string): string =>
  `${terminationId}/${instanceId}`;

/** The refund of one item of a termination: a termination pays an instance once. */
export const refundId = (terminationId: string, instanceId: string): string =>
  `r_${terminationId}_${instanceId}`;

/** The ledger transaction of one step: a step books once. */
export const transactionId = (instanceId: string, step: number): string => `tx_${instanceId}_${step}`;

/** The space of the ids that Sunset makes for itself: no caller's command gets in (L13). */
const OWN = 'sunset/';
/**
 * That space in versions before it had one prefix: whoever took one of these would have kept a deadline from
 * ever firing.
 */
const OWN_BEFORE = 'deadline/';

/** Whether an id is one that only Sunset may give a command. */
export const isOwnId = (id: string): boolean => id.startsWith(OWN) || id.startsWith(OWN_BEFORE);

/** The ledger transaction of an adjustment, which books once. */
export const adjustmentTransactionId = (adjustmentId: string): string => `tx_${adjustmentId}`;

/** The command of a deadline. */
export const deadlineCommandId = (kind: string, step: number): string => `${OWN}deadline/${kind}/${step}`;

/** What becomes of a machine on its way. */
export type CrossingStep = 'arrived' | 'turned-back' | 'sent-back';

/** The step with which a machine on its way arrives, turns back or is sent back, by the step that set out. */
export const crossingCommandId = (what: CrossingStep, step: number): string => `${OWN}${what}/${step}`;

/** The step that says that a machine on its way needs somebody. */
export const attentionCommandId = (step: number): string => `${OWN}attention/${step}`;

/** The command of a signal that came without an id. */
export const signalCommandId = (name: string, unique: string): string => `${OWN}signal/${name}/${unique}`;

/**
 * The row that says that something was refused, and why: the same message refused for the same reason again
 * is the same row.
 */
export const refusalCommandId = (command: string, code: string, id: string): string =>
  `${OWN}refused/${command}/${code}/${id}`;

/**
 * The type of the failure that a refused command fails with, on the wire between workflow, activities and
 * clients.
 */
export const REFUSAL = 'Refusal';
