import { setImmediate } from 'node:timers/promises';
import { isObject, tupleKey } from '@manifold/async';
import { inputSchemaOf } from './input-schema.js';
import type { JsonObject } from '@manifold/tool-provider';
import { OpenApiError } from './openapi-error.js';
import type { OperationDetails } from './operation.js';
import { parametersOf, type Parameter } from './parameters.js';
import { PathTemplate } from './path-template.js';
import { References } from './references.js';
import { requestBodyOf, type RequestBody } from './request-body.js';
import { serverUrl } from './server-url.js';
import { wantedName } from './tool-names.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const OTHER_METHODS = ['head', 'options', 'trace'];

/** The source of operations. */
export interface Origin {
  /** The name of the file. Two files may describe the same integration. */
  readonly file: string;
  readonly integration: string;
}

/**
 * Reads the operations of a document that can be offered as tools. A large document takes seconds, so the function yields to the event
 * loop between operations.
 * @param skipped called for each operation that cannot be offered
 * @throws OpenApiError if the document as a whole cannot be used
 */
export async function readOperations(
  origin: Origin,
  document: JsonObject,
  skipped: (operation: string, fault: OpenApiError) => void,
): Promise<OperationDetails[]> {
  const reader = new OperationReader(origin, document);
  const read: OperationDetails[] = [];
  for (const [path, item] of Object.entries(document.paths as JsonObject)) {
    if (path.startsWith('x-')) continue;
    for (const method of reader.methodsOf(path, item, skipped)) {
      await setImmediate();
      const operation = faultOr(() => reader.read(path, item, method));
      if (operation instanceof OpenApiError) skipped(`${method.toUpperCase()} ${path}`, operation);
      else read.push(operation);
    }
  }
  return read;
}

class OperationReader {
  private readonly references: References;

  constructor(
    private readonly origin: Origin,
    private readonly document: JsonObject,
  ) {
    this.references = new References(document);
    serverUrl(document.servers);
  }

  methodsOf(path: string, item: unknown, skipped: (operation: string, fault: OpenApiError) => void): string[] {
    const resolved = faultOr(() => this.pathItem(item));
    if (resolved instanceof OpenApiError) {
      skipped(path, resolved);
      return [];
    }
    for (const method of OTHER_METHODS.filter((name) => Object.hasOwn(resolved, name))) {
      skipped(`${method.toUpperCase()} ${path}`, new OpenApiError('tools cannot use this method', resolved));
    }
    return METHODS.filter((method) => Object.hasOwn(resolved, method));
  }

  read(path: string, item: unknown, method: string): OperationDetails {
    const pathItem = this.pathItem(item);
    const operation = pathItem[method];
    if (!isObject(operation)) throw new OpenApiError('the operation is not an object', pathItem);
    const upper = method.toUpperCase();
    const { file, integration } = this.origin;
    const template = new PathTemplate(path, operation);
    const input = {
      parameters: parametersOf(pathItem, operation, template.placeholders, this.references),
      body: requestBodyOf(upper, operation, this.references),
    };
    return {
      integration,
      method: upper,
      server: serverUrl(operation.servers, pathItem.servers, this.document.servers),
      path: template,
      parameters: input.parameters.map(sendingOf),
      body: input.body && bodySendingOf(input.body),
      inputSchema: inputSchemaOf(input, this.references, operation),
      description: descriptionOf(operation) ?? `${upper} ${path}`,
      wantedName: wantedName(integration, operation, `${upper} ${path}`),
      identity: tupleKey(file, upper, path),
    };
  }

  private pathItem(item: unknown): JsonObject {
    const resolved = this.references.resolve(item);
    if (isObject(resolved)) return resolved;
    throw new OpenApiError('the path is not an object', isObject(item) ? item : (this.document.paths as object));
  }
}

// Drops the schemas, because they would keep the whole document in memory.
const sendingOf = ({ name, place, key, style, explode, json }: Parameter): Parameter => ({
  name,
  place,
  key,
  style,
  explode,
  json,
});
const bodySendingOf = ({ required, contentType, offered }: RequestBody): RequestBody => ({
  required,
  contentType,
  offered,
});

function descriptionOf({ summary, description }: JsonObject): string | undefined {
  const texts = [summary, description].filter((text) => typeof text === 'string').map((text) => text.trim());
  const said = [...new Set(texts)].filter((text) => text !== '');
  return said.length > 0 ? said.join(' - ') : undefined;
}

function faultOr<T>(read: () => T): T | OpenApiError {
  try {
    return read();
  } catch (error) {
    if (error instanceof OpenApiError) return error;
    throw error;
  }
}
