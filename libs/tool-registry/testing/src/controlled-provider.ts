import type {
  CallContext,
  ChangedApp,
  NotifiesChanges,
  ToolDescriptor,
  ToolProvider,
  ToolRef,
  ToolResult,
} from '@manifold/tool-provider';

export type Answering = (context: CallContext) => Promise<readonly ToolDescriptor[]>;

export const tool = (name: string): ToolDescriptor => ({
  ref: { name },
  app: 'app',
  name,
  publicName: name,
  definition: { name, inputSchema: { type: 'object', properties: {} } },
});

/** Each time a new array of new objects. */
export const tools = (...names: string[]): Promise<readonly ToolDescriptor[]> => Promise.resolve(names.map(tool));

/** A backend in this process that says nothing of its changes. The test decides what it answers, and when. */
export class SilentProvider implements ToolProvider {
  /** Every question, in order. */
  readonly asked: CallContext[] = [];

  constructor(
    public answer: Answering,
    readonly id = 'one',
  ) {}

  async listTools(context: CallContext): Promise<readonly ToolDescriptor[]> {
    this.asked.push(context);
    return this.answer(context);
  }

  callTool(ref: ToolRef): Promise<ToolResult> {
    return Promise.resolve({ content: [{ type: 'text', text: JSON.stringify(ref) }] });
  }

  /** The next questions stay open until the test answers them. */
  hold(): HeldQuestion[] {
    const held: HeldQuestion[] = [];
    this.answer = (context) => new Promise((answer, fail) => held.push({ context, answer, fail }));
    return held;
  }
}

export interface HeldQuestion {
  readonly context: CallContext;
  answer(listing: readonly ToolDescriptor[]): void;
  fail(error: unknown): void;
}

/** Announces what the test tells it to. */
export class AnnouncingProvider extends SilentProvider implements NotifiesChanges {
  announcesOnlySome = false;
  private readonly listeners = new Set<(catalogueKey?: string, changed?: ChangedApp) => void>();

  onToolsChanged(listener: (catalogueKey?: string, changed?: ChangedApp) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  announce(catalogueKey?: string, changed?: ChangedApp): void {
    for (const listener of this.listeners) listener(catalogueKey, changed);
  }
}
