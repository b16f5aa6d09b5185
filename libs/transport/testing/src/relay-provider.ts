import {
  ProviderError,
  type AppState,
  type CallContext,
  type Completes,
  type DeclaresCapabilities,
  type DescribesApps,
  type NotifiesChanges,
  type OffersPrompts,
  type OffersResources,
  type PromptDescriptor,
  type RawObject,
  type ResourceDescriptor,
  type RelaysTasks,
  type ResourceTemplateDescriptor,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';

export type Run = (args: Readonly<Record<string, unknown>>, context: CallContext) => Promise<ToolResult>;

/** One backend of the fixture. The test may change it at any time, even while the gateway runs. */
export interface RelayApp {
  tools?: Record<string, Run>;
  schemas?: Record<string, object>;
  resources?: string[];
  templates?: string[];
  prompts?: string[];
  features?: ReturnType<DeclaresCapabilities['serverFeatures']>;
  /** Reads a resource; undefined means that it does not exist. By default, a listed resource has a text that names app and URI. */
  read?: (uri: string, context: CallContext) => Promise<RawObject | undefined>;
  prompt?: (name: string, args: RawObject | undefined, context: CallContext) => Promise<RawObject>;
}

type Listener = (catalogueKey?: string) => void;

export const text = (value: string): ToolResult => ({ content: [{ type: 'text', text: value }] });

/** A real provider that implements all interfaces of the relay. Its backends are in the test process. */
export class RelayProvider
  implements
    ToolProvider,
    OffersResources,
    OffersPrompts,
    Completes,
    DeclaresCapabilities,
    DescribesApps,
    NotifiesChanges,
    RelaysTasks
{
  /** Active subscriptions: listeners by app and URI. */
  readonly subscribed = new Map<string, Set<(params: RawObject) => void>>();
  /** All reads, completions and task requests that have arrived, in order. */
  readonly asked: unknown[] = [];
  private readonly tools = new Set<Listener>();
  private readonly resources = new Set<Listener>();
  private readonly prompts = new Set<Listener>();
  /** By list, a member of its items that each announcement changes. */
  private readonly changes: Record<'tools' | 'resources' | 'prompts', { 'x-change'?: number }> = {
    tools: {},
    resources: {},
    prompts: {},
  };

  constructor(
    readonly apps: Record<string, RelayApp>,
    readonly id = 'relay',
  ) {}

  async listTools(): Promise<readonly ToolDescriptor[]> {
    return this.each(({ tools = {}, schemas = {} }, app) =>
      Object.keys(tools).map((name) => ({
        ref: { app, name },
        app,
        name,
        publicName: `${app}_${name}`,
        definition: { name, inputSchema: schemas[name] ?? { type: 'object' }, ...this.changes.tools },
      })),
    );
  }

  callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    const { app, name } = ref as { app: string; name: string };
    return this.apps[app]!.tools![name]!(args, context);
  }

  async listResources(): Promise<readonly ResourceDescriptor[]> {
    return this.each(({ resources = [] }, app) =>
      resources.map((uri) => ({
        app,
        uri,
        definition: { uri, name: `${app} ${uri}`, 'x-unknown': 1, ...this.changes.resources },
      })),
    );
  }

  async listResourceTemplates(): Promise<readonly ResourceTemplateDescriptor[]> {
    return this.each(({ templates = [] }, app) =>
      templates.map((uriTemplate) => ({ app, uriTemplate, definition: { uriTemplate, name: `${app} template` } })),
    );
  }

  async readResource(app: string, uri: string, context: CallContext): Promise<RawObject> {
    this.asked.push({ app, uri });
    const { read, resources = [] } = this.apps[app]!;
    const known = { contents: [{ uri, text: `${app} ${uri}`, 'x-unknown': 1 }] };
    const result = read ? await read(uri, context) : resources.includes(uri) ? known : undefined;
    if (result) return result;
    const rpcError = { code: -32002, message: 'Resource not found', data: { uri } };
    throw new ProviderError('upstream_rejected', 'Resource not found', { rpcError });
  }

  async subscribeResource(
    app: string,
    uri: string,
    _context: CallContext,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void> {
    const key = `${app} ${uri}`;
    const listeners = this.subscribed.get(key) ?? new Set();
    this.subscribed.set(key, listeners.add(onUpdated));
    return () => {
      listeners.delete(onUpdated);
      if (listeners.size === 0) this.subscribed.delete(key);
    };
  }

  async listPrompts(): Promise<readonly PromptDescriptor[]> {
    return this.each(({ prompts = [] }, app) =>
      prompts.map((name) => ({
        app,
        name,
        publicName: `${app}_${name}`,
        definition: { name, title: `${app} ${name}`, ...this.changes.prompts },
      })),
    );
  }

  async getPrompt(app: string, name: string, args: RawObject | undefined, context: CallContext): Promise<RawObject> {
    const { prompt } = this.apps[app]!;
    if (prompt) return prompt(name, args, context);
    const content = { type: 'text', text: `${app} ${name} ${JSON.stringify(args)}` };
    return { messages: [{ role: 'user', content }], 'x-unknown': 1 };
  }

  async complete(app: string, reference: RawObject, params: RawObject): Promise<RawObject> {
    this.asked.push({ app, reference, params });
    return { completion: { values: [app, JSON.stringify(reference)] } };
  }

  async relayTask(app: string, method: string, params: RawObject): Promise<RawObject> {
    this.asked.push({ app, method, params });
    return { taskId: params.taskId, status: 'working', 'x-unknown': 1 };
  }

  serverFeatures(app: string): ReturnType<DeclaresCapabilities['serverFeatures']> {
    return this.apps[app]?.features;
  }

  async describeApp(app: string): Promise<AppState | undefined> {
    return Object.hasOwn(this.apps, app) ? { enabled: true } : undefined;
  }

  onToolsChanged(listener: Listener): () => void {
    return following(this.tools, listener);
  }

  onResourcesChanged(listener: Listener): () => void {
    return following(this.resources, listener);
  }

  onPromptsChanged(listener: Listener): () => void {
    return following(this.prompts, listener);
  }

  /** Changes all items of a list, and announces it. */
  announce(list: 'tools' | 'resources' | 'prompts', catalogueKey?: string): void {
    this.changes[list] = { 'x-change': (this.changes[list]['x-change'] ?? 0) + 1 };
    for (const listener of this[list]) listener(catalogueKey);
  }

  update(app: string, uri: string, more: RawObject = {}): void {
    for (const listener of this.subscribed.get(`${app} ${uri}`) ?? []) listener({ uri, ...more });
  }

  private each<T>(of: (app: RelayApp, name: string) => T[]): T[] {
    return Object.entries(this.apps).flatMap(([name, app]) => of(app, name));
  }
}

function following(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
