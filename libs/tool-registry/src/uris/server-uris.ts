import { isObject } from '@manifold/async';
import {
  ProviderError,
  type CallContext,
  type RawObject,
  type RequestableClient,
  type ServerRequest,
} from '@manifold/tool-provider';
import { isAmbiguous, publicUri, readPublicUri } from './public-uri.js';

/** Keys of `_meta` whose value is a URI. Hosts read the first if there is no `_meta.ui.resourceUri`; the second is that of OpenAI's SDK. */
const META_URIS = ['ui/resourceUri', 'openai/outputTemplate'] as const;

/** URIs that name the same thing wherever they are read. An icon with such a URI stays as it is. */
const GLOBAL = /^(?:https?|data):/i;

/** Function that returns another value, or the same value if there is nothing to change. */
type Mapping = (value: unknown) => unknown;

/**
 * The mapping between the URIs of one app and their public URIs. All messages between the app and a client that sees several apps pass
 * through it. A message without a URI is returned as it is. Texts, structured content and schemas are never changed.
 */
export class ServerUris {
  /** @param used a URI of the app, and the URI by which the client has named it; the client gets that one back */
  constructor(
    private readonly namespace: string,
    private readonly used?: { readonly own: string; readonly by: string },
  ) {}

  /** Returns the mapping for the messages about a resource that the client has named. */
  usedBy(own: string, by: string): ServerUris {
    return new ServerUris(this.namespace, { own, by });
  }

  /** Returns the public URI of a URI or URI template of the app. */
  readonly publicUri = (uri: string): string =>
    uri === this.used?.own ? this.used.by : publicUri(this.namespace, uri);

  /** Maps a tool, prompt, resource, resource template or content of a resource. */
  readonly definition = <T extends RawObject>(definition: T): T => mapMembers(definition, this.definitionMembers);

  /** Maps the result of `tools/call`. */
  callResult<T extends RawObject>(result: T): T {
    return mapMembers(result, this.resultMembers);
  }

  /** Maps the result of `prompts/get`. */
  promptResult(result: RawObject): RawObject {
    return mapMembers(result, this.promptMembers);
  }

  /** Maps the result of `resources/read`. */
  readResult(result: RawObject): RawObject {
    return mapMembers(result, this.readMembers);
  }

  /**
   * Returns the arguments of a client with the app's own URIs where they have public URIs of this app. A text that may as well be an own
   * URI, such as `ui://app/x`, is not changed.
   */
  ownArguments<T extends RawObject | undefined>(args: T): T {
    return mapTexts(args, this.ownUri) as T;
  }

  /** Returns a context whose client gets the requests of the app with public URIs. */
  contextOf(context: CallContext): CallContext {
    const { client } = context;
    if (!client) return context;
    const { principal, requestId, cancellation, onProgress, onLog, meta, origin } = context;
    return {
      ...{ principal, requestId, cancellation, onProgress, onLog, meta, origin },
      client: this.clientOf(client),
      get signal() {
        return context.signal;
      },
      shorten: (milliseconds) => context.shorten?.(milliseconds),
    };
  }

  /** Maps the URI that an error about a resource names. */
  error(error: unknown): unknown {
    if (!(error instanceof ProviderError) || !isObject(error.rpcError?.data)) return error;
    const { code, message, rpcError, retryAfter, modelText, setupUrl, cause } = error;
    const data = this.definition(error.rpcError.data);
    if (data === error.rpcError.data) return error;
    return new ProviderError(code, message, {
      ...{ retryAfter, modelText, setupUrl, cause },
      rpcError: { ...rpcError!, data },
    });
  }

  private clientOf(client: RequestableClient): RequestableClient {
    const { capabilities, sessionKey } = client;
    return {
      capabilities,
      sessionKey,
      request: (requests) =>
        client.request(Object.fromEntries(Object.entries(requests).map(([key, asked]) => [key, this.request(asked)]))),
    };
  }

  private request(request: ServerRequest): ServerRequest {
    return request.params ? { ...request, params: mapMembers(request.params, this.requestMembers) } : request;
  }

  private readonly ownUri = (text: string): string => {
    const read = text.endsWith(this.namespace) && !isAmbiguous(text) ? readPublicUri(text) : undefined;
    return read?.namespace === this.namespace ? read.uri : text;
  };

  private readonly uri: Mapping = (uri) => (typeof uri === 'string' ? this.publicUri(uri) : uri);

  private readonly icon: Mapping = (icon) =>
    isObject(icon) && typeof icon.src === 'string' && !GLOBAL.test(icon.src)
      ? { ...icon, src: this.publicUri(icon.src) }
      : icon;

  private readonly ui: Mapping = (ui) => (isObject(ui) ? mapMembers(ui, { resourceUri: this.uri }) : ui);

  private readonly meta: Mapping = (meta) => (isObject(meta) ? mapMembers(meta, this.metaMembers) : meta);

  private readonly item: Mapping = (item) => (isObject(item) ? this.definition(item) : item);

  /** Maps a content block. The blocks in the result of a tool, which a sampling message may have, contain no further results. */
  private readonly block: Mapping = (block) => {
    if (!isObject(block)) return block;
    if (block.type === 'resource_link') return this.definition(block);
    if (block.type === 'resource') return mapMembers(block, { resource: this.item, _meta: this.meta });
    if (block._meta === undefined) return block;
    return mapMembers(block, { _meta: this.meta });
  };

  private readonly messageBlock: Mapping = (block) => {
    const isResult = isObject(block) && block.type === 'tool_result';
    return isResult ? mapMembers(block, { content: this.blocks, _meta: this.meta }) : this.block(block);
  };

  private readonly blocks: Mapping = (blocks) => mapItems(blocks, this.block);

  private readonly messages: Mapping = (messages) => mapItems(messages, this.message);

  private readonly message: Mapping = (message) =>
    isObject(message) ? mapMembers(message, { content: this.messageContent, _meta: this.meta }) : message;

  private readonly messageContent: Mapping = (content) =>
    Array.isArray(content) ? mapItems(content, this.messageBlock) : this.messageBlock(content);

  private readonly metaMembers = { ui: this.ui, [META_URIS[0]]: this.uri, [META_URIS[1]]: this.uri };
  private readonly definitionMembers = {
    uri: this.uri,
    uriTemplate: this.uri,
    icons: (icons: unknown) => mapItems(icons, this.icon),
    _meta: this.meta,
  };
  private readonly resultMembers = { content: this.blocks, _meta: this.meta };
  private readonly promptMembers = { messages: this.messages, _meta: this.meta };
  private readonly readMembers = { contents: (contents: unknown) => mapItems(contents, this.item), _meta: this.meta };
  private readonly requestMembers = {
    messages: this.messages,
    tools: (tools: unknown) => mapItems(tools, this.item),
    _meta: this.meta,
  };
}

/** Maps some members of an object. An object whose members do not change is returned as it is. */
function mapMembers<T extends RawObject>(object: T, mappings: Readonly<Record<string, Mapping>>): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in mappings) {
    const value = object[name];
    if (value === undefined) continue;
    const mapped = mappings[name]!(value);
    if (mapped !== value) (copy ??= { ...object })[name] = mapped;
  }
  return (copy as T | undefined) ?? object;
}

/** Maps the items of an array. An array whose items do not change, and any other value, is returned as it is. */
function mapItems(items: unknown, mapping: Mapping): unknown {
  if (!Array.isArray(items)) return items;
  let copy: unknown[] | undefined;
  for (const [index, item] of items.entries()) {
    const mapped = mapping(item);
    if (mapped !== item) (copy ??= [...(items as unknown[])])[index] = mapped;
  }
  return copy ?? items;
}

/** Maps all texts in a JSON value, at any depth. Names of members stay. A value whose texts do not change is returned as it is. */
function mapTexts(value: unknown, mapping: (text: string) => string): unknown {
  if (typeof value === 'string') return mapping(value);
  if (Array.isArray(value)) return mapItems(value, (item) => mapTexts(item, mapping));
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const mapped = mapTexts(value[name], mapping);
    if (mapped !== value[name]) (copy ??= { ...value })[name] = mapped;
  }
  return copy ?? value;
}
