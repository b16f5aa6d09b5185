import { isObject } from '@manifold/async';
import { ProviderError, type JsonObject } from '@manifold/tool-provider';
import { headerText, pathText, queryPairs } from './parameter-style.js';
import type { Parameter, ParameterPlace } from './parameters.js';
import type { PathTemplate } from './path-template.js';
import type { RequestBody } from './request-body.js';

/** A request that Paragon's proxy sends. */
export interface ProxyRequest {
  readonly integration: string;
  readonly method: string;
  /** A path or a full URL, with its query, in printable ASCII. */
  readonly url: string;
  /** Headers with names in lower case. */
  readonly headers: Record<string, string>;
  /** The body, which is sent as JSON. */
  readonly body?: unknown;
}

/** An operation of an OpenAPI document that is offered as a tool. */
export interface OpenApiOperation {
  /** The key of the integration: `googleCalendar`, `custom.spotify`. */
  readonly integration: string;
  readonly name: string;
  readonly description: string;
  /** JSON Schema 2020-12 of `{params, body}`. */
  readonly inputSchema: object;
  /** @throws ProviderError `invalid_arguments` for arguments that cannot be sent. The caller checks them against `inputSchema` first. */
  request(args: Readonly<Record<string, unknown>>): ProxyRequest;
}

/** The description of an operation in a document. */
export interface OperationDetails {
  readonly integration: string;
  readonly method: string;
  /** The prefix of the path. */
  readonly server: string;
  readonly path: PathTemplate;
  readonly parameters: readonly Parameter[];
  readonly body?: RequestBody;
  readonly inputSchema: object;
  readonly description: string;
  /** The preferred name of the tool. */
  readonly wantedName: string;
  /** A value that is unique for each operation across all files. */
  readonly identity: string;
}

export class NamedOperation implements OpenApiOperation {
  readonly integration: string;
  readonly description: string;
  readonly inputSchema: object;

  constructor(
    readonly name: string,
    private readonly details: OperationDetails,
  ) {
    this.integration = details.integration;
    this.description = details.description;
    this.inputSchema = details.inputSchema;
  }

  request(args: Readonly<Record<string, unknown>>): ProxyRequest {
    const { integration, method, server } = this.details;
    this.refuseUnsupportedBody(args);
    const params = args.params ?? {};
    if (!isObject(params)) throw new ProviderError('invalid_arguments', 'params must be an object');
    const url = `${server}${this.pathOf(params)}`;
    const query = this.given('query', params).flatMap(([parameter, value]) => queryPairs(parameter, value));
    const headers = this.given('header', params).map(([parameter, value]) => [
      parameter.name.toLowerCase(),
      headerText(parameter, value),
    ]);
    const contentType = this.details.body?.contentType;
    const hasBody = contentType !== undefined && args.body !== undefined;
    return {
      integration,
      method,
      url: query.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${query.join('&')}`,
      headers: Object.fromEntries([...headers, ...(hasBody ? [['content-type', contentType]] : [])]) as Record<
        string,
        string
      >,
      ...(hasBody && { body: args.body }),
    };
  }

  private refuseUnsupportedBody({ body }: Readonly<Record<string, unknown>>): void {
    const described = this.details.body;
    if (!described || described.contentType !== undefined) return;
    if (body === undefined && !described.required) return;
    const message = `${this.name} takes its body as ${described.offered.join(' or ')}, but only JSON can be sent`;
    throw new ProviderError('invalid_arguments', message);
  }

  private pathOf(params: JsonObject): string {
    const given = new Map(
      this.given('path', params).map(([parameter, value]) => [parameter.name, { parameter, value }]),
    );
    return this.details.path.fill((placeholder) => {
      const found = given.get(placeholder);
      if (found) return pathText(found.parameter, found.value);
      throw new ProviderError('invalid_arguments', `params.${placeholder} is missing: it is a part of the path`);
    });
  }

  /** Returns the parameters of a place that have a value. 0, false and "" are values, null is not. */
  private given(place: ParameterPlace, params: JsonObject): [Parameter, unknown][] {
    return this.details.parameters
      .filter((parameter) => parameter.place === place && Object.hasOwn(params, parameter.key))
      .map((parameter): [Parameter, unknown] => [parameter, params[parameter.key]])
      .filter(([, value]) => value !== null && value !== undefined);
  }
}
