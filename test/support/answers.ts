/** Whether answers are as the service's own OpenAPI document says. */
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

/** One answer, as it came. */
export interface Answer {
  method: string;
  /** With its query. */
  path: string;
  status: number;
  contentType: string | null;
  body: unknown;
}

const ROOT = 'document';

/** Validates answers by an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly paths: { pattern: RegExp; path: string }[];

  constructor(private readonly document: Document) {
    this.ajv.addSchema({ $id: ROOT, ...document } as object);
    // Of `/instances/{id}` and `/instances/mine` the second is meant by its own name.
    this.paths = Object.keys(document.paths)
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) }));
  }

  static async of(url: string): Promise<AnswerCheck> {
    return new AnswerCheck((await (await fetch(`${url}/openapi.json`)).json()) as Document);
  }

  /** What is wrong with an answer; undefined when nothing is, or when the document has no such call. */
  faultOf({ method, path, status, contentType, body }: Answer): string | undefined {
    const declared = this.paths.find(({ pattern }) => pattern.test(path.split('?')[0]!))?.path;
    const operation = declared && this.document.paths[declared]?.[method.toLowerCase()];
    if (!operation || !contentType?.includes('json')) return undefined;
    const response = operation.responses[status];
    if (!response) return status < 400 ? `${method} ${declared} does not declare ${status}` : undefined;
    const type = contentType.split(';')[0]!;
    if (response.content && !response.content[type]) return `${method} ${declared} does not declare ${type} for ${status}`;
    const validate = this.validatorOf(declared, method.toLowerCase(), String(status), type);
    return validate(body) ? undefined : `${method} ${path} ${status}: ${this.ajv.errorsText(validate.errors, { dataVar: 'answer' })}`;
  }

  private validatorOf(...segments: [path: string, method: string, status: string, type: string]): ValidateFunction {
    const [path, method, status, type] = segments.map((one) => one.replaceAll('~', '~0').replaceAll('/', '~1')).map(encodeURIComponent);
    const pointer = `${ROOT}#/paths/${path}/${method}/responses/${status}/content/${type}/schema`;
    const known = this.validators.get(pointer) ?? this.ajv.compile({ $ref: pointer });
    this.validators.set(pointer, known);
    return known;
  }
}
