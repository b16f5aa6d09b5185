import { type Cancellation, isObject, untilAborted } from '@manifold/async';
import type { ToolDefinition } from '@manifold/tool-provider';
import { ALL_CAPABILITIES } from '../protocol/all-capabilities.js';
import { ChangeStream } from '../http/change-stream.js';
import { withAnswers } from './input-rounds.js';
import type { JsonRpcConnection } from '../json-rpc/json-rpc-connection.js';
import { TOOLS } from '../lists/list-kinds.js';
import type { LogRing } from '../protocol/log-ring.js';
import { envelope } from '../protocol/modern-envelope.js';
import { listPrimitives } from '../lists/primitive-listing.js';
import { everyPage, type Requester } from '../lists/paged-list.js';
import type { Transport } from '../protocol/transport.js';
import type { ToolHeaders } from '../http/tool-headers.js';
import type {
  CloseOptions,
  Primitives,
  RawObject,
  RequestOptions,
  UpstreamConnection,
} from '../protocol/upstream-connection.js';

const NONE: RawObject = {};
const LISTING_LIMIT_MS = 30_000;

interface ModernConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly transport: Transport;
  readonly log: LogRing;
  /** The server's answer to `server/discover`, in the form of an `initialize` result. */
  readonly introduction: RawObject;
  readonly correlates: UpstreamConnection['correlates'];
  readonly pid?: number;
  /** Set if calls repeat parameters in headers. */
  readonly toolHeaders?: ToolHeaders;
}

/**
 * A connection to a modern server. Each request declares the capabilities of its client, so no dedicated connection is
 * needed for server requests.
 */
export class ModernConnection implements UpstreamConnection {
  private readonly changes: ChangeStream;
  /** Requests lists with all capabilities, so that they contain everything that any client can use. */
  private readonly lister: Requester = {
    request: (method, params, options) => this.send(method, params, options, ALL_CAPABILITIES),
  };
  private readonly gapListeners: (() => void)[] = [];
  private readonly updateListeners: ((params: RawObject) => void)[] = [];
  private listing?: Promise<unknown>;

  constructor(private readonly parts: ModernConnectionParts) {
    const onGap = (uris: readonly string[]): void => {
      for (const listener of this.gapListeners) listener();
      for (const uri of uris) for (const listener of this.updateListeners) listener({ uri });
    };
    this.changes = new ChangeStream(parts.rpc, announced(parts.introduction), parts.log, onGap);
    this.changes.start();
  }

  get initializeResult(): RawObject {
    return this.parts.introduction;
  }

  get pid(): number | undefined {
    return this.parts.pid;
  }

  get correlates(): UpstreamConnection['correlates'] {
    return this.parts.correlates;
  }

  async request(method: string, params: RawObject, options: RequestOptions): Promise<RawObject> {
    const { client, signal } = options;
    if (method === 'tools/call' && this.parts.toolHeaders?.isKnown === false)
      await untilAborted(this.headers(), signal);
    const capabilities = client?.capabilities ?? NONE;
    return withAnswers(
      (reply) => this.send(method, reply ? { ...params, ...reply } : params, options, capabilities),
      options,
    );
  }

  async listTools(signal: Cancellation): Promise<readonly ToolDefinition[]> {
    const tools = (await everyPage(this.lister, TOOLS, this.parts.log, signal)) as readonly ToolDefinition[];
    this.parts.toolHeaders?.update(tools);
    return tools;
  }

  onToolsChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/tools/list_changed', listener);
    this.gapListeners.push(listener);
  }

  listPrimitives(signal: AbortSignal): Promise<Primitives> {
    return listPrimitives(this.lister, this.parts.introduction.capabilities, this.parts.log, signal);
  }

  onPrimitivesChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/resources/list_changed', listener);
    this.parts.rpc.onNotification('notifications/prompts/list_changed', listener);
    this.gapListeners.push(listener);
  }

  subscribe(uri: string, signal: AbortSignal): Promise<void> {
    return untilAborted(this.changes.add(uri), signal);
  }

  unsubscribe(uri: string): void {
    this.changes.remove(uri);
  }

  onResourceUpdated(listener: (params: RawObject) => void): void {
    this.parts.rpc.onNotification('notifications/resources/updated', listener);
    this.updateListeners.push(listener);
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: CloseOptions): Promise<void> {
    this.changes.close();
    this.parts.rpc.close();
    return this.parts.transport.close(options);
  }

  /** Lists the tools, because the headers of tool calls are unknown until the first listing on this connection. */
  private headers(): Promise<unknown> {
    this.listing ??= this.listTools(AbortSignal.timeout(LISTING_LIMIT_MS))
      .catch((error: Error) => this.parts.log.add(`Its tools could not be listed: ${error.message}`, 'error'))
      .finally(() => (this.listing = undefined));
    return this.listing;
  }

  private send(
    method: string,
    params: RawObject,
    options: RequestOptions,
    capabilities: RawObject,
  ): Promise<RawObject> {
    return this.parts.rpc.request(method, params, { ...options, meta: envelope(options, capabilities) });
  }
}

/** Returns the list changes that the server announces, as the filter of `subscriptions/listen`. */
function announced({ capabilities }: RawObject): RawObject {
  const declared = isObject(capabilities) ? capabilities : {};
  const flags: Record<string, true> = {};
  for (const list of ['tools', 'resources', 'prompts']) {
    const capability = declared[list];
    if (isObject(capability) && capability.listChanged === true) flags[`${list}ListChanged`] = true;
  }
  return flags;
}
