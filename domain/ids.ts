/** Ids that are derived from other ids, each with its inverse where one is needed. Derived ids make a repeat find what happened before. */

/** The workflow of an instance. */
export const workflowId = (instanceId: string): string => `instance/${instanceId}`;
export const instanceIdOf = (workflow: string): string => workflow.slice('instance/'.length);

/** The command that carries out one item of a termination; also the id of its update (decision 2). */
export const itemCommandId = (terminationId: string, instanceId: string): string => `${terminationId}/${instanceId}`;

/** The refund of one item of a termination: a termination pays an instance once. */
export const refundId = (terminationId: string, instanceId: string): string => `r_${terminationId}_${instanceId}`;

/** The ledger transaction of one step: a step books once. */
export const transactionId = (instanceId: string, step: number): string => `tx_${instanceId}_${step}`;

/** The command of a deadline. */
export const deadlineCommandId = (kind: string, step: number): string => `deadline/${kind}/${step}`;

/** The type of the failure that a refused command fails with, on the wire between workflow, activities and clients. */
export const REFUSAL = 'Refusal';
