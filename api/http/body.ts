/** Reads bodies: JSON, the only kind that the API takes, and for façades what a signature is over. */
import { setImmediate as turn } from 'node:timers/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { issue } from '../../contract/issues';
import { invalid, Problem } from '../problem';

/** Of a body as it comes, and unpacked. */
const BODY_LIMIT = 256 * 1024;
/**
 * What goes on coming of a body that is too large is read up to here, so that its sender gets to the answer;
 * then the connection ends.
 */
const DRAIN_LIMIT = 2 * 1024 * 1024;
/** Far beyond any input of the contract, far below what a recursive reader can't stand. */
const MAX_DEPTH = 32;
/** More than any input of the contract has within the limit: `[[],[],…]` costs far more than its bytes. */
const MAX_VALUES = 30_000;
/** Bodies beyond are read in several turns of the event loop. */
const LARGE = 32 * 1024;

type Headers = Request['headers'];

export const hasBody = (headers: Headers): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] !== undefined && headers['content-length'] !== '0');

const tooLarge = (): Problem => new Problem('BODY_TOO_LARGE', { headers: { Connection: 'close' } });

/**
 * Before anything else is looked at: a body that says that it is too large is refused by its header, whoever
 * sends it.
 */
export const refuseLargeBodies: RequestHandler = (request, _response, next) => {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length <= BODY_LIMIT) next();
  else if (length > DRAIN_LIMIT || expectsContinue(request)) next(tooLarge());
  else request.on('end', () => next(new Problem('BODY_TOO_LARGE'))).resume();
};

const expectsContinue = ({ headers }: Request): boolean => headers.expect?.toLowerCase() === '100-continue';

/** UTF-8 is the only charset of JSON (RFC 8259), and may be named. */
function requireJson(request: Request): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(request.get('content-type') ?? '')?.[1];
  if (!request.is('application/json') || (charset !== undefined && charset.toLowerCase() !== 'utf-8'))
    throw new Problem('UNSUPPORTED_MEDIA_TYPE');
}

const UNPACKERS: Record<string, () => ReturnType<typeof createGunzip>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

const encodingOf = (request: Request): string => request.get('content-encoding')?.toLowerCase() ?? 'identity';

async function readBytes(request: Request, response: Response): Promise<Buffer> {
  const encoding = encodingOf(request);
  const unpacker = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding]!() : undefined;
  if (!unpacker && encoding !== 'identity') throw new Problem('UNSUPPORTED_MEDIA_TYPE');
  if (expectsContinue(request)) response.writeContinue();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let read = 0;
    let kept = 0;
    const fail = (problem: Problem): void => {
      request.unpipe();
      unpacker?.destroy();
      reject(problem);
    };
    request.on('error', () => fail(new Problem('MALFORMED_JSON')));
    // What is too large is read on for a while: see DRAIN_LIMIT.
    request.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > DRAIN_LIMIT) fail(tooLarge());
    });
    request.on('end', () => read > BODY_LIMIT && fail(new Problem('BODY_TOO_LARGE')));
    const source = unpacker ? request.pipe(unpacker) : request;
    unpacker?.on('error', () => fail(new Problem('MALFORMED_JSON')));
    source.on('data', (chunk: Buffer) => {
      kept += chunk.length;
      if (kept <= BODY_LIMIT) chunks.push(chunk);
      else if (unpacker) fail(tooLarge());
    });
    source.on('end', () => resolve(Buffer.concat(chunks)));
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws Problem 400 when it is no JSON text in UTF-8, or one that two readers would read in two ways */
export async function readJson(bytes: Buffer): Promise<unknown> {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Problem('MALFORMED_JSON');
  }
  if (bytes.length > LARGE) await turn();
  const repeated = scan(text);
  if (repeated.length) throw invalid(repeated.map((path) => issue(path, 'DUPLICATE')));
  if (bytes.length > LARGE) await turn();
  return value;
}

/** Characters of JSON, as `charCodeAt` gives them. */
const [OBJECT, OBJECT_END, LIST, LIST_END, COMMA, QUOTE] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x22] as const;

/** An object or list that is being scanned. */
interface Level {
  /** Names of an object so far, and whether they have been told; null for a list. */
  names: Map<string, boolean> | null;
  /** The member or the item that it is at. */
  at: string | number;
}

/** How many names that come twice are told. */
const MAX_REPEATED = 20;

/**
 * Looks through a text that is JSON, in one pass and without recursion. Members of one name are read in two
 * ways by two readers, and the reader of the language keeps the last one without a word.
 * @returns the paths of names that come again in the same object
 * @throws Problem when it is nested too deep, has too many values, or a name that can't be stored: names of
 *   unknown fields are answered and
 * kept, and PostgreSQL keeps neither U+0000 nor half of a surrogate pair. Values are judged by the schemas.
 */
function scan(text: string): PropertyKey[][] {
  const levels: Level[] = [];
  const repeated: PropertyKey[][] = [];
  let values = 0;
  let level: Level | undefined;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case OBJECT:
      case LIST:
        level = { names: text.charCodeAt(index) === OBJECT ? new Map() : null, at: 0 };
        levels.push(level);
        values += 1;
        if (levels.length > MAX_DEPTH) throw new Problem('MALFORMED_JSON');
        break;
      case OBJECT_END:
      case LIST_END:
        levels.pop();
        level = levels.at(-1);
        break;
      case COMMA:
        values += 1;
        if (level && !level.names) (level.at as number) += 1;
        break;
      case QUOTE: {
        const end = endOfString(text, index);
        if (level?.names && isName(text, end)) {
          level.at = nameOf(text.slice(index, end + 1));
          const isTold = level.names.get(level.at);
          if (isTold === false && repeated.length < MAX_REPEATED) repeated.push(levels.map(({ at }) => at));
          level.names.set(level.at, isTold !== undefined);
        }
        index = end;
      }
    }
  }
  if (values > MAX_VALUES) throw new Problem('BODY_TOO_LARGE');
  return repeated;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/** A name is what a colon follows. */
function isName(text: string, end: number): boolean {
  let next = end + 1;
  while (/\s/.test(text[next] ?? '')) next += 1;
  return text[next] === ':';
}

function nameOf(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  const name = JSON.parse(literal) as string;
  if (/[\p{Cs}\0]/u.test(name)) throw new Problem('MALFORMED_JSON');
  return name;
}

/** `request.body` = what was sent, undefined when nothing was. */
export const readBody: RequestHandler = async (request, response, next) => {
  if (!hasBody(request.headers)) {
    next();
    return;
  }
  requireJson(request);
  const bytes = await readBytes(request, response);
  request.body = await readJson(bytes);
  response.locals.bytes = bytes;
  next();
};

/**
 * A body as it came, whatever it is: what a signature is over. Empty when nothing was sent.
 * @throws Problem when it is too large, or packed: then it isn't what was signed
 */
export async function readSignedBody(request: Request, response: Response): Promise<Buffer> {
  await new Promise<void>((resolve, reject) => {
    refuseLargeBodies(request, response, (refused?: unknown) =>
      refused === undefined ? resolve() : reject(refused),
    );
  });
  if (!hasBody(request.headers)) return Buffer.alloc(0);
  if (encodingOf(request) !== 'identity') throw new Problem('UNSUPPORTED_MEDIA_TYPE');
  return await readBytes(request, response);
}
