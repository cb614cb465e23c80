/**
 * An action is declared once, with its address and the schema of its parameters; dispatch, metrics and the
 * table in docs/vendor-apis.md read the declaration.
 */
import type { z } from 'zod';
import type { Asking } from '../../api/asking';
import type { ApiDeps } from '../../api/deps';
import type { Permission } from '../../domain/permissions';

/** As agreements name the way they were made. */
export const VIA = 'jd-vm/v1';

/** The only product whose instances there are here. */
export const PRODUCT = 'jd-vm';

/** A call that is signed, permitted and understood. */
export interface JdCall<P = unknown> extends Asking {
  params: P;
  /** The only region whose instances there are for this call. */
  regionId: string;
  /** Empty where the address has none. */
  instanceId: string;
}

export interface Action<P = unknown> {
  name: string;
  method: 'GET' | 'POST' | 'DELETE';
  /** What follows `/v1/regions/{regionId}`. */
  path: string;
  /** What it is here, for the docs: one line. */
  summary: string;
  /** Of query and body together. */
  params: z.ZodType<P>;
  /** Whether it changes something: then it is done once for its signature. */
  changes: boolean;
  permission: Permission;
  /**
   * @returns `result` of the answer
   * @throws JdError, and whatever use cases throw
   */
  run(deps: ApiDeps, call: JdCall<P>): Promise<Record<string, unknown>>;
}

/** Lets `run` know its parameters. */
export const action = <S extends z.ZodType>(
  declaration: Omit<Action<z.output<S>>, 'params'> & { params: S },
): Action => declaration as unknown as Action;
