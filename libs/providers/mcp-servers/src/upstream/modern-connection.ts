import { type Cancellation, untilAborted } from '@manifold/cancellation';
import type { ToolDefinition } from '@manifold/tool-provider';
import { ALL_CAPABILITIES } from './all-capabilities.js';
import { ChangeStream } from './change-stream.js';
import { withAnswers } from './input-rounds.js';
import type { JsonRpcConnection } from './json-rpc-connection.js';
import { TOOLS } from './list-kinds.js';
import type { LogRing } from './log-ring.js';
import { envelope } from './modern-envelope.js';
import { listOffer } from './offer-listing.js';
import { everyPage, type Requester } from './paged-list.js';
import type { Pipe } from './pipe.js';
import { isObject } from './rpc-values.js';
import type { ToolHeaders } from './tool-headers.js';
import type { CloseOptions, Offer, RawObject, RequestOptions, UpstreamConnection } from './upstream-connection.js';

const NONE: RawObject = {};
const LISTING_LIMIT_MS = 30_000;

interface ModernConnectionParts {
  readonly rpc: JsonRpcConnection;
  readonly pipe: Pipe;
  readonly log: LogRing;
  /** What the server said of itself. */
  readonly introduction: RawObject;
  readonly tellsApart: UpstreamConnection['tellsApart'];
  readonly pid?: number;
  /** Set where calls repeat parameters in headers. */
  readonly toolHeaders?: ToolHeaders;
}

/** A connection to a server of the modern era: each request says what the client behind it can do, and no lane is needed to ask it. */
export class ModernConnection implements UpstreamConnection {
  private readonly changes: ChangeStream;
  /** Lists hold what is there for any client. */
  private readonly lister: Requester = {
    request: (method, params, options) => this.send(method, params, options, ALL_CAPABILITIES),
  };
  private readonly gapListeners: (() => void)[] = [];
  private listing?: Promise<unknown>;

  constructor(private readonly parts: ModernConnectionParts) {
    const onGap = (): void => this.gapListeners.forEach((listener) => listener());
    this.changes = new ChangeStream(parts.rpc, announced(parts.introduction), parts.log, onGap);
    this.changes.start();
  }

  get initializeResult(): RawObject {
    return this.parts.introduction;
  }

  get pid(): number | undefined {
    return this.parts.pid;
  }

  get tellsApart(): UpstreamConnection['tellsApart'] {
    return this.parts.tellsApart;
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
    this.parts.toolHeaders?.learn(tools);
    return tools;
  }

  onToolsChanged(listener: () => void): void {
    this.parts.rpc.onNotification('notifications/tools/list_changed', listener);
    this.gapListeners.push(listener);
  }

  listOffer(signal: AbortSignal): Promise<Offer> {
    return listOffer(this.lister, this.parts.introduction.capabilities, this.parts.log, signal);
  }

  onOfferChanged(listener: () => void): void {
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
  }

  onClosed(listener: (reason: string) => void): void {
    this.parts.rpc.onClosed(listener);
  }

  close(options?: CloseOptions): Promise<void> {
    this.changes.close();
    this.parts.rpc.close();
    return this.parts.pipe.close(options);
  }

  /** Nobody has listed the tools over this connection: which headers their calls need is not known. */
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

/** Of what the server says that it tells, as the filter of `subscriptions/listen`. */
function announced({ capabilities }: RawObject): RawObject {
  const declared = isObject(capabilities) ? capabilities : {};
  const flags: Record<string, true> = {};
  for (const list of ['tools', 'resources', 'prompts']) {
    const capability = declared[list];
    if (isObject(capability) && capability.listChanged === true) flags[`${list}ListChanged`] = true;
  }
  return flags;
}
