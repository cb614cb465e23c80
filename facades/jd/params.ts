/** Parameters of an action: those of its query and of its body, made one. */
import { readJson } from '../../api/http/body';
import { invalid } from '../../api/problem';
import { type Issue, issue, parse } from '../../contract/issues';
import type { Action } from './action';
import { pairsOf, type Received } from './signature';

type Members = Record<string, unknown>;

/** Nothing of an input has more, and each step takes an object. */
const MAX_STEPS = 4;

/**
 * What was asked beside the address. Members that are null were left out by the client; those that the address
 * has too must be the same.
 * @throws Problem 400; URIError
 */
export async function inputOf(
  { query, body }: Received,
  address: { regionId: string; instanceId: string },
): Promise<Members> {
  const members = { ...unflatten(pairsOf(query)), ...(await membersOf(body)) };
  const repeated = Object.entries(address).filter(
    ([name, value]) => value !== '' && Object.hasOwn(members, name) && members[name] === value,
  );
  for (const [name] of repeated) delete members[name];
  return members;
}

async function membersOf(body: Buffer): Promise<Members> {
  if (body.length === 0) return {};
  const value = await readJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid([issue([], 'WRONG_TYPE', { expected: 'object' })]);
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

interface Tree extends Map<string, Tree | string> {}

/** Makes `filters.1.name=status&filters.1.values.1=stopped` whole: lists are counted from 1. */
function unflatten(pairs: [string, string][]): Members {
  const root: Tree = new Map();
  const issues = pairs.flatMap(([name, text]) => put(root, name, text));
  if (issues.length) throw invalid(issues);
  return whole(root) as Members;
}

/** A name that comes twice, is both a value and a list, or is deeper than any. */
function put(root: Tree, name: string, text: string): Issue[] {
  const steps = name.split('.');
  const last = steps.pop()!;
  let level: Tree | string = root;
  for (const step of steps.slice(0, MAX_STEPS)) {
    if (typeof level === 'string') break;
    const next: Tree | string = level.get(step) ?? (new Map() as Tree);
    level.set(step, next);
    level = next;
  }
  if (typeof level === 'string' || steps.length > MAX_STEPS || level.has(last))
    return [issue([name], 'DUPLICATE')];
  level.set(last, text);
  return [];
}

function whole(value: Tree | string): unknown {
  if (typeof value === 'string') return value;
  const names = [...value.keys()];
  if (names.length > 0 && names.every((name) => /^[1-9]\d{0,3}$/.test(name)))
    return [...value].sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => whole(one));
  return Object.fromEntries([...value].map(([name, one]) => [name, whole(one)]));
}

/** @throws Problem 400 that names each field that is wrong */
export function readParams({ params }: Action, input: Members): unknown {
  const parsed = parse(params, input);
  if (parsed.ok) return parsed.value;
  throw invalid(parsed.issues);
}
