/** Parameters: flattened ones made whole by the schema that reads them, and what is wrong with them. */
import { z } from 'zod';
import { type Issue, parse } from '../../contract/issues';
import { VendorError } from './vendor-error';

/** What names may be: `Filters.0.Values.1` and no deeper than any action's. */
const MAX_DEPTH = 8;

type Tree = Map<string, Tree | string>;

/** Beside the parameters of an action, where the signature is one of them. */
export const COMMON_NAMES: ReadonlySet<string> = new Set([
  'Action',
  'Language',
  'Nonce',
  'Region',
  'RequestClient',
  'SecretId',
  'Signature',
  'SignatureMethod',
  'Timestamp',
  'Token',
  'Version',
]);

/**
 * Makes `InstanceIds.0=a`, `Filters.0.Values.0=b` whole. Everything is text there, so the schema says what is a
 * list, a number or a truth value; what it doesn't know stays as it came, for it to refuse.
 * @throws VendorError when a name is there twice, or is both a value and an object
 */
export function unflatten(pairs: Iterable<[string, string]>, schema: z.ZodType): unknown {
  const root: Tree = new Map();
  for (const [name, text] of pairs) put(root, name, text);
  return shaped(root, schema);
}

function put(root: Tree, name: string, text: string): void {
  const steps = name.split('.');
  const last = steps.pop()!;
  if (steps.length >= MAX_DEPTH) throw twice(name);
  let level = root;
  for (const step of steps) {
    const next = level.get(step) ?? new Map<string, Tree | string>();
    if (typeof next === 'string') throw twice(name);
    level.set(step, next);
    level = next;
  }
  if (level.has(last)) throw twice(name);
  level.set(last, text);
}

const twice = (name: string): VendorError =>
  new VendorError('InvalidParameter', {
    en: `${shown(name)} is named twice, or too deep.`,
    zh: `${shown(name)} 重复或层级过深。`,
  });

/** Names may be as long as a body. */
const shown = (name: string): string => (name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** Without what says that it may be left out. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return bare(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema;
}

function shaped(value: Tree | string, schema: z.ZodType | undefined): unknown {
  const kind = schema && bare(schema);
  if (typeof value === 'string') return scalar(value, kind);
  if (kind instanceof z.ZodArray && [...value.keys()].every((key) => /^\d{1,5}$/.test(key)))
    return [...value]
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, one]) => shaped(one, kind.element as z.ZodType));
  const shape: Record<string, z.ZodType> = kind instanceof z.ZodObject ? kind.shape : {};
  const members = [...value].map(([name, one]) => [
    name,
    shaped(one, Object.hasOwn(shape, name) ? shape[name] : undefined),
  ]);
  return Object.fromEntries(members);
}

function scalar(text: string, kind: z.ZodType | undefined): unknown {
  if (kind instanceof z.ZodNumber && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text);
  if (kind instanceof z.ZodBoolean && /^(?:true|false|0|1)$/i.test(text)) return /^(?:true|1)$/i.test(text);
  return text;
}

/** The vendor's code of what is wrong with a parameter; undefined: the common one. */
export type CodeOfIssue = (issue: Issue) => string | undefined;

const commonCode = ({ code }: Issue): string => {
  if (code === 'MISSING') return 'MissingParameter';
  if (code === 'UNKNOWN_FIELD') return 'UnknownParameter';
  return code === 'WRONG_TYPE' ? 'InvalidParameter' : 'InvalidParameterValue';
};

/** @throws VendorError that names the first field that is wrong */
export function readParams<P>(schema: z.ZodType<P>, input: unknown, codeOf: CodeOfIssue): P {
  const parsed = parse(schema, input);
  if (parsed.ok) return parsed.value;
  throw ofIssue(parsed.issues[0]!, codeOf);
}

/** `/InstanceIds/0` is `InstanceIds.0` to the vendor's clients. An empty pointer names nothing. */
export function ofIssue({ pointer, ...issue }: Issue, codeOf: CodeOfIssue): VendorError {
  const path = shown(pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~'));
  const whole = { pointer, ...issue };
  return new VendorError(codeOf(whole) ?? commonCode(whole), {
    en: `${path || 'The value'} ${issue.detail}.`,
    zh: `${path || '参数值'} ${issue.detailZh}。`,
  });
}
