/** Whether answers are as the service's own OpenAPI document says. */
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

interface Response {
  content?: Record<string, { schema?: object }>;
  headers?: Record<string, { required?: boolean }>;
}

/** As much of an OpenAPI 3.1 document as answers are held against. */
export interface ApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  components?: object;
}

/** One answer, as it came. */
export interface Answer {
  method: string;
  /** With its query. */
  path: string;
  status: number;
  headers: Headers;
  text: string;
}

const ROOT = 'document';
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

const isInstant = (text: string): boolean => INSTANT.test(text) && !Number.isNaN(Date.parse(text));

/**
 * Schemas of an OpenAPI 3.1 document are JSON Schema 2020-12. Each is compiled when the first answer of its
 * kind comes.
 */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({
    strict: false,
    formats: { 'date-time': isInstant, duration: true },
    // A schema is used a few times in a test file: making it is what takes long, not running it.
    inlineRefs: false,
    code: { optimize: false },
  });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly paths: { pattern: RegExp; path: string }[];

  constructor(private readonly document: ApiDocument) {
    this.ajv.addSchema({ $id: ROOT, ...(closed(document) as object) });
    // Of `/instances/{id}` and `/instances/mine` the second is meant by its own name.
    this.paths = Object.keys(document.paths)
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }));
  }

  /** What is wrong with an answer; undefined when nothing is, or when the document has no such call. */
  faultOf(answer: Answer): string | undefined {
    const method = answer.method.toLowerCase();
    const path = this.paths.find(({ pattern }) => pattern.test(answer.path.split('?')[0]!))?.path;
    const operation = path === undefined ? undefined : this.document.paths[path]![method];
    if (path === undefined || !operation) return undefined;
    const fault = this.faultOfDeclared(answer, operation.responses[answer.status], [path, method]);
    return fault && `${answer.method} ${answer.path} → ${answer.status}: ${fault}`;
  }

  private faultOfDeclared(
    answer: Answer,
    declared: Response | undefined,
    where: [string, string],
  ): string | undefined {
    const { status, headers, text } = answer;
    if (!declared) return `the status is not declared: ${text.slice(0, 300)}`;
    const missing = Object.keys(declared.headers ?? {}).filter((name) => !headers.has(name));
    if (missing.length) return `the declared header ${missing.join(', ')} is missing`;
    const type = headers.get('content-type')?.split(';')[0];
    if (!declared.content || type === undefined) return text === '' ? undefined : 'no body is declared';
    if (!declared.content[type]) return `the media type ${type} is not declared`;
    if (!type.endsWith('json')) return undefined;
    const validate = this.validatorOf(...where, String(status), type);
    if (validate(JSON.parse(text))) return undefined;
    return `${this.ajv.errorsText(validate.errors, { dataVar: '' })}: ${text.slice(0, 2000)}`;
  }

  private validatorOf(
    ...segments: [path: string, method: string, status: string, type: string]
  ): ValidateFunction {
    const [path, method, status, type] = segments
      .map((one) => one.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent);
    const $ref = `${ROOT}#/paths/${path}/${method}/responses/${status}/content/${type}/schema`;
    const known = this.validators.get($ref) ?? this.ajv.compile({ $ref });
    this.validators.set($ref, known);
    return known;
  }
}

/**
 * Callers pass over members that they don't know; the service itself is to answer none that its document has
 * not.
 */
function closed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(closed);
  if (typeof part !== 'object' || part === null) return part;
  const whole = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, closed(value)]));
  const isOpen =
    whole.type === 'object' && whole.properties !== undefined && whole.additionalProperties === undefined;
  return isOpen ? { ...whole, additionalProperties: false } : whole;
}

const documents = new Map<string, Promise<string>>();
/** By the document's text: services of one test file mostly have the same one. */
const checks = new Map<string, AnswerCheck>();

async function checkOf(url: string): Promise<AnswerCheck> {
  const asked = documents.get(url) ?? fetch(`${url}/openapi.json`).then((reply) => reply.text());
  documents.set(url, asked);
  const text = await asked;
  const check = checks.get(text) ?? new AnswerCheck(JSON.parse(text));
  checks.set(text, check);
  return check;
}

/** @throws when the service at `url` has answered what its own document does not say */
export async function requireDeclared(url: string, answer: Answer): Promise<void> {
  const fault = (await checkOf(url)).faultOf(answer);
  if (fault !== undefined) throw new Error(`not as /openapi.json says: ${fault}`);
}
