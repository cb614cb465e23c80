/** What stands against an item of a quote or of a termination. */

export interface ItemProblem {
  code: string;
  state: string | null;
  /** Of what a control plane refused or an operator gave up: in their words. */
  message?: string | undefined;
  /** Of a stale one. */
  changes?: Change[] | undefined;
}

/** Something that is another than it was when it was quoted. */
export interface Change {
  instanceId: string;
  field: string;
  old: unknown;
  new: unknown;
  /** new − old, for amounts of money. */
  difference: string | null;
}
