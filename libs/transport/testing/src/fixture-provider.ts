import { EventEmitter, once } from 'node:events';
import {
  ProviderError,
  type CallContext,
  type NotifiesChanges,
  type SharesCatalogue,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';

type Run = (args: Readonly<Record<string, unknown>>, context: CallContext) => Promise<ToolResult>;

const text = (value: string): ToolResult => ({ content: [{ type: 'text', text: value }] });

/** A real provider whose backend is the test process. Tests see each call arrive and decide when it ends. */
export class FixtureProvider implements ToolProvider, SharesCatalogue, NotifiesChanges {
  readonly id = 'fixture';
  /** Emits `held` when a call waits, `aborted` when the signal of a call aborts, and `late` after a late progress message. */
  readonly events = new EventEmitter();
  private readonly listeners = new Set<() => void>();
  private readonly held = new Set<() => void>();
  private readonly tools = new Map<string, Run>(Object.entries(this.runs()));

  catalogueKey(): string {
    return 'all';
  }

  onToolsChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async listTools(): Promise<readonly ToolDescriptor[]> {
    return [...this.tools.keys()].map((name) => ({
      ref: { name },
      app: 'fixture',
      name,
      publicName: name,
      definition: { name, inputSchema: { type: 'object' }, 'x-unknown': { kept: true } },
    }));
  }

  callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    return this.tools.get((ref as { name: string }).name)!(args, context);
  }

  add(name: string): void {
    this.tools.set(name, async () => text(name));
    for (const listener of this.listeners) listener();
  }

  /** Waits until the tool `hold` is called. Must be called before the tool call is sent. */
  async nextHeld(): Promise<void> {
    await once(this.events, 'held');
  }

  release(): void {
    for (const resolve of this.held) resolve();
  }

  private runs(): Record<string, Run> {
    return {
      echo: async ({ message }) => ({ ...text(String(message)), _meta: { 'test/unknown': 1 }, unknown: 'kept' }),
      whoami: async (_args, { principal }) => text(principal.subject),
      blob: async ({ bytes }) => text('x'.repeat(Number(bytes))),
      steps: async ({ count }, { onProgress }) => {
        for (let step = 1; step <= Number(count); step += 1) onProgress?.({ progress: step, 'x-unknown': step });
        return text('done');
      },
      late: async (_args, { onProgress }) => {
        setImmediate(() => {
          onProgress?.({ progress: 9 });
          this.events.emit('late');
        });
        return text('early');
      },
      flood: ({ bytes }, context) => this.flood('x'.repeat(Number(bytes)), context),
      hold: (_args, context) => this.hold(context),
      busy: async () => {
        throw new ProviderError('rate_limited', 'Too many calls', { retryAfter: 7 });
      },
      connect: async () => {
        const [setupUrl, modelText] = [
          'https://gateway.test/setup?token=t',
          'Visit https://gateway.test/setup?token=t',
        ];
        throw new ProviderError('not_connected', 'Slack is not connected', { setupUrl, modelText });
      },
      reject: async () => {
        throw new ProviderError('upstream_rejected', 'Rejected', {
          rpcError: { code: -32050, message: 'No such thing', data: { why: 'because' } },
        });
      },
      deep: async () => {
        const nest = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
        return { content: [], structuredContent: { nested: nest(100_000) } };
      },
    };
  }

  private hold({ signal, onProgress }: CallContext): Promise<ToolResult> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.held.delete(end);
        resolve(text('released'));
      };
      this.held.add(end);
      signal.addEventListener('abort', () => {
        this.held.delete(end);
        onProgress?.({ progress: 9 });
        reject(signal.reason);
        this.events.emit('aborted');
      });
      this.events.emit('held');
      onProgress?.({ progress: 1 });
    });
  }

  /** Sends up to 20,000 progress messages, until the call is aborted. */
  private async flood(message: string, { signal, onProgress }: CallContext): Promise<ToolResult> {
    for (let progress = 1; progress <= 20_000 && !signal.aborted; progress += 1) {
      onProgress?.({ progress, message });
      if (progress % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal.aborted) this.events.emit('aborted');
    return text('flooded');
  }
}
