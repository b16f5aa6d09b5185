import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ApiDocument, Operation, Schema } from './api-document.js';

export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  /** The body; undefined for a stream that does not end. */
  readonly body?: string;
}

/** Statuses for failures of an upstream. */
const UPSTREAM = [502, 503, 504];

/** Checks whether answers conform to the document. */
export class ApiAnswers {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false });

  constructor(document: ApiDocument) {
    this.ajv.addSchema({ $id: 'api', components: withNull(document.components) });
  }

  /** Checks an answer. @returns a description of the fault, if there is one */
  faultOf(operation: Operation, { status, type, body }: ApiAnswer): string | undefined {
    const response = operation.responses[status];
    if (status >= 500 && !(UPSTREAM.includes(status) && response)) return `is answered ${status}`;
    if (!response) return `is answered ${status}, which the document does not know`;
    if (!response.content || body === undefined) return undefined;
    const [name] = type.split(';');
    const content = response.content[name!];
    if (!content) return `is answered ${status} with the type ${type}, which the document does not know`;
    return /[/+]json$/.test(name!) ? this.bodyFault(content.schema, body) : undefined;
  }

  private bodyFault(schema: Schema, body: string): string | undefined {
    const validate = this.ajv.compile(withNull(schema) as object);
    if (validate(JSON.parse(body))) return undefined;
    return `is answered with a body that does not fit: ${this.ajv.errorsText(validate.errors)}`;
  }
}

/** Converts `nullable` of OpenAPI 3.0 to JSON Schema, and references to the location of the schemas. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    if (key === '$ref' && typeof item === 'string') return [key, item.replace(/^#/, 'api#')];
    return [key, withNull(item)];
  });
  const schema = Object.fromEntries(entries);
  return schema.nullable === true ? { anyOf: [{ type: 'null' }, { ...schema, nullable: undefined }] } : schema;
}
