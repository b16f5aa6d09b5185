import { isObject } from '@manifold/async';
import {
  type CallContext,
  type LogMessage,
  type Progress,
  type RawObject,
  type RequestableClient,
  type ServerRequest,
} from '@manifold/tool-provider';
import { mapUrisInText, withRpcError } from './message-texts.js';
import { isAmbiguous, publicUri, readPublicUri } from './public-uri.js';

/** Keys of `_meta` whose value is a URI. Hosts read the first if there is no `_meta.ui.resourceUri`; the second is that of OpenAI's SDK. */
const META_URIS = ['ui/resourceUri', 'openai/outputTemplate'] as const;

/** URIs that name the same thing wherever they are read. Icons and messages keep such URIs. */
const GLOBAL = /^(?:https?|wss?|data):/i;

/** JSON-RPC error of a server that needs its user to open URLs (2025-11-25). They are no URIs of the server. */
const URL_ELICITATION_REQUIRED = -32042;

/** Levels of a value whose texts are mapped. A value may come from a server, and a deeper one could overflow the stack. */
const MAX_DEPTH = 100;

/** Function that returns another value, or the same value if there is nothing to change. */
type Mapping = (value: unknown) => unknown;

/** Function that returns another text. The member is the name of the innermost member that the text belongs to. */
type TextMapping = (text: string, member?: string) => string;

/**
 * The mapping between the URIs of one app and their public URIs. All messages between the app and a client that sees several apps pass
 * through it. A message without a URI is returned as it is. Contents, structured content and schemas are never changed.
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
   * Maps the result of `completion/complete`. URIs of apps and skills stay, as in arguments, for which these values are.
   * @param isResource returns whether a value is the URI of a resource of the app
   */
  completionResult(result: RawObject, isResource: (value: string) => boolean): RawObject {
    const value: Mapping = (text) =>
      typeof text === 'string' && !isAmbiguous(text) && isResource(text) ? this.publicUri(text) : text;
    const completion: Mapping = (values) =>
      isObject(values) ? mapMembers(values, { values: (items) => mapItems(items, value) }) : values;
    return mapMembers(result, { completion, _meta: this.meta });
  }

  /**
   * Returns the arguments of a client with the app's own URIs where they have public URIs of this app. A text that may as well be an own
   * URI, such as `ui://app/x`, is not changed.
   */
  ownArguments<T extends RawObject | undefined>(args: T): T {
    return mapTexts(args, this.ownUri) as T;
  }

  /**
   * Returns a context in which the app uses its own URIs, and the client the public ones: in progress, in log messages, in requests of the
   * app and their answers, and in `_meta`. A context without any of them is returned as it is.
   */
  contextOf(context: CallContext): CallContext {
    const { principal, requestId, cancellation, onProgress, onLog, client, meta, origin } = context;
    if (!client && !onProgress && !onLog && !meta) return context;
    return {
      ...{ principal, requestId, cancellation, origin },
      onProgress: onProgress && ((progress) => onProgress(this.progress(progress))),
      onLog: onLog && ((message) => onLog(this.log(message))),
      client: client && this.clientOf(client),
      meta: this.ownArguments(meta),
      get signal() {
        return context.signal;
      },
      shorten: (milliseconds) => context.shorten?.(milliseconds),
    };
  }

  /** Maps what a client answers to a request of the app. A `uri` in it is that of a resource, also one of an app or skill. */
  ownAnswers(answers: Readonly<Record<string, RawObject>>): Readonly<Record<string, RawObject>> {
    return mapTexts(answers, this.answered) as Readonly<Record<string, RawObject>>;
  }

  /** Maps the URIs in the message and the data of an error of the app. */
  error(error: unknown): unknown {
    return withRpcError(error, ({ code, message, data }) =>
      code === URL_ELICITATION_REQUIRED ? undefined : [this.shown(message), mapTexts(data, this.shownInData)],
    );
  }

  private clientOf(client: RequestableClient): RequestableClient {
    const { capabilities, sessionKey } = client;
    return {
      capabilities,
      sessionKey,
      request: async (requests) => {
        const asked = Object.entries(requests).map(([key, request]) => [key, this.request(request)] as const);
        try {
          return this.ownAnswers(await client.request(Object.fromEntries(asked)));
        } catch (error) {
          throw this.ownError(error);
        }
      },
    };
  }

  private request(request: ServerRequest): ServerRequest {
    return request.params ? { ...request, params: mapMembers(request.params, this.requestMembers) } : request;
  }

  private progress(progress: Progress): Progress {
    return mapMembers(progress, this.progressMembers);
  }

  private log(message: LogMessage): LogMessage {
    return mapMembers(message, this.logMembers);
  }

  /** Maps the URIs in the message and the data of an error that a client has answered. */
  private ownError(error: unknown): unknown {
    return withRpcError(error, ({ message, data }) => [
      mapUrisInText(message, this.resourceOf),
      mapTexts(data, this.answered),
    ]);
  }

  private readonly ownUri = (text: string): string => {
    const read = text.endsWith(this.namespace) && !isAmbiguous(text) ? readPublicUri(text) : undefined;
    return read?.namespace === this.namespace ? read.uri : text;
  };

  /** Returns the app's own URI of a public URI, at a place where a client names a resource. */
  private readonly resourceOf = (uri: string): string => {
    const read = readPublicUri(uri);
    return read?.namespace === this.namespace ? read.uri : uri;
  };

  private readonly answered: TextMapping = (text, member) =>
    member === 'uri' ? this.resourceOf(text) : this.ownUri(text);

  /** Maps the URIs in a text for people. */
  private readonly shown = (text: string): string => mapUrisInText(text, this.shownUri);

  private readonly shownInData: TextMapping = (text, member) =>
    member === 'uri' || member === 'uriTemplate' ? this.publicUri(text) : this.shown(text);

  private readonly shownUri = (uri: string): string =>
    GLOBAL.test(uri) && uri !== this.used?.own ? uri : this.publicUri(uri);

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
  private readonly progressMembers = {
    message: (message: unknown) => (typeof message === 'string' ? this.shown(message) : message),
    _meta: this.meta,
  };
  private readonly logMembers = { data: (data: unknown) => mapTexts(data, this.shown), _meta: this.meta };
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

/**
 * Maps all texts in a JSON value, down to {@link MAX_DEPTH} levels. Names of members stay. A value whose texts do not change is returned as
 * it is.
 */
function mapTexts(value: unknown, mapping: TextMapping, member?: string, depth = 0): unknown {
  if (typeof value === 'string') return mapping(value, member);
  if (depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return mapItems(value, (item) => mapTexts(item, mapping, member, depth + 1));
  if (!isObject(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const mapped = mapTexts(value[name], mapping, name, depth + 1);
    if (mapped !== value[name]) (copy ??= { ...value })[name] = mapped;
  }
  return copy ?? value;
}
