/**
 * An action is declared once, with the schema of its parameters; dispatch, metrics and the table in
 * docs/vendor-apis.md read the declaration.
 */
import type { z } from 'zod';
import type { Asking } from '../../api/asking';
import type { ApiDeps } from '../../api/deps';
import type { Permission } from '../../domain/permissions';
import type { Lang } from '../../domain/text';
import type { SunsetCode } from '../codes';
import type { CodeOfIssue } from './params';

/** A call that is signed, permitted and understood. */
export interface VendorCall<P = unknown> extends Asking {
  params: P;
  /** The only product whose instances there are for this call. */
  product: string;
  /** The only region whose instances there are for this call; undefined: all. */
  region: string | undefined;
  lang: Lang;
  /** As agreements name the way they were made: `tencent-cvm/2017-03-12`. */
  via: string;
}

/** What is answered beside `RequestId`. */
export type Answer = Record<string, unknown>;

export interface Action<P = unknown> {
  name: string;
  /** What it is here, for the docs: one line. */
  summary: string;
  params: z.ZodType<P>;
  /** Whether it changes something: then it is done once for its signature. */
  changes: boolean;
  /** Any one of them lets the caller in; what depends on the parameters, `run` requires. */
  permissions: readonly [Permission, ...Permission[]];
  /** @throws VendorError, and whatever use cases throw */
  run(deps: ApiDeps, call: VendorCall<P>): Promise<Answer>;
}

/** Lets `run` know its parameters. */
export const action = <S extends z.ZodType>(
  declaration: Omit<Action<z.output<S>>, 'params'> & { params: S },
): Action => declaration as unknown as Action;

/** What an error is about. */
export interface About {
  action: string;
  /** The instance's state, where it was told. */
  state: string | null;
}

/** One version of one of the vendor's products. */
export interface Service {
  /** As in its endpoint: `cvm`. */
  name: string;
  version: string;
  /** The only product whose instances there are here. */
  product: string;
  actions: readonly Action[];
  /** The vendor's code for one of ours; undefined: the common one. */
  codeOf(code: SunsetCode, about: About): string | undefined;
  codeOfIssue: CodeOfIssue;
}

export const viaOf = ({ product, version }: Service): string => `${product}/${version}`;
