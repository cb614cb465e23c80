/** Registrations as files bring them: JSON or YAML, one or many. */
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { Usage } from './session';

interface RegistrationInput {
  id: string;
  facts: Record<string, unknown>;
}

export interface Input {
  registrations: RegistrationInput[];
  /** The input was a list, or there were several: so is the answer. */
  isList: boolean;
}

/** @throws Usage when a file can't be read, an id is missing, or one comes twice */
export async function readRegistrations(files: string[], id: string | undefined): Promise<Input> {
  const documents = (await Promise.all(files.map(readDocuments))).flat();
  const isList = documents.length !== 1 || Array.isArray(documents[0]);
  const items = documents.flatMap((one): unknown[] => (Array.isArray(one) ? one : [one]));
  if (id !== undefined && items.length !== 1) throw new Usage('--id goes with exactly one registration');
  return { registrations: withIds(items, id), isList };
}

export async function readDocuments(file: string): Promise<unknown[]> {
  const name = file === '-' ? 'standard input' : file;
  const text = await (file === '-' ? readStream(process.stdin) : readFile(file, 'utf8')).catch(
    (error: Error) => {
      throw new Usage(`${name} can't be read (${error.message})`);
    },
  );
  if (text.trim() === '') throw new Usage(`${name} is empty: a registration in JSON or YAML is expected`);
  return parseDocuments(text.replace(/^\uFEFF/, ''), name);
}

/** What begins like JSON is JSON: its numbers and texts go to the API as they are. */
function parseDocuments(text: string, name: string): unknown[] {
  if (!name.endsWith('.json') && !/^\s*[[{]/.test(text)) return parseYaml(text, name);
  try {
    return [JSON.parse(text)];
  } catch (error) {
    throw new Usage(`${name} is not JSON (${(error as Error).message})`);
  }
}

const WHOLE_NUMBERS = new Set(['months', 'upToHours']);

/**
 * Money is text in the contract: a YAML number is taken as it was written, so that 407.96 and 0.10 keep their
 * digits.
 */
function parseYaml(text: string, name: string): unknown[] {
  // Loaded here: it is a quarter of the time that any other command takes to start.
  const { isPair, isScalar, parseAllDocuments, visit } = require('yaml') as typeof import('yaml');
  return [...parseAllDocuments(text)].map((document): unknown => {
    const [error] = document.errors;
    if (error) throw new Usage(`${name} is not YAML (${error.message.split('\n')[0]})`);
    visit(document, {
      Scalar: (_, node, path) => {
        const parent = path.at(-1);
        const field = isPair(parent) && isScalar(parent.key) ? String(parent.key.value) : '';
        if (typeof node.value === 'number' && !WHOLE_NUMBERS.has(field)) node.value = node.source;
      },
    });
    return document.toJS();
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function withIds(items: unknown[], given: string | undefined): RegistrationInput[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const registrations = items.flatMap((item, index): RegistrationInput[] => {
    const { id = given, ...facts } = isObject(item) ? item : {};
    if (!isObject(item)) problems.push(`  /${index}: is not a registration`);
    else if (typeof id !== 'string') problems.push(`  /${index}/id: is required`);
    else if (seen.has(id)) problems.push(`  /${index}/id: ${id} is named twice`);
    if (typeof id !== 'string') return [];
    seen.add(id);
    return [{ id, facts }];
  });
  if (problems.length) throw new Usage(`the input can't be used:\n${problems.join('\n')}`);
  return registrations;
}
