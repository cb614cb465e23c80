import type { Turns } from '../domain/turns';
import { inTurns } from './in-turns';

/**
 * The JSON text of a value, as bytes in UTF-8: an answer, or a parameter of type `json`. Lists, and those
 * among an object's members, are written one element at a time, because pages, quotes and the like are long
 * by those; others get a turn in between.
 */
export async function jsonOf(value: unknown): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await inTurns(writeTo(pieces, value));
  return Buffer.concat(pieces);
}

function* writeTo(pieces: Buffer[], value: unknown): Turns<void> {
  const write = (text: string): void => void pieces.push(Buffer.from(text));
  if (Array.isArray(value)) {
    write('[');
    for (const [index, one] of value.entries()) {
      write(`${index ? ',' : ''}${JSON.stringify(one) ?? 'null'}`);
      yield;
    }
    write(']');
    return;
  }
  if (typeof value !== 'object' || value === null || 'toJSON' in value) {
    write(JSON.stringify(value) ?? 'null');
    return;
  }
  let between = '{';
  for (const [name, member] of Object.entries(value)) {
    const text = JSON.stringify(Array.isArray(member) ? [] : member);
    if (text === undefined) continue;
    write(`${between}${JSON.stringify(name)}:`);
    if (Array.isArray(member)) yield* writeTo(pieces, member);
    else write(text);
    between = ',';
  }
  write(between === '{' ? '{}' : '}');
}
