import { EventEmitter, once } from 'node:events';
import type { CallContext, ToolResult } from '@manifold/tool-provider';
import { text, type Run } from './relay-provider.js';

/** A call that says and ends what the test tells it to. */
export interface FedCall {
  readonly context: CallContext;
  say(progress: number): void;
  end(): void;
}

/** A tool `feed` whose calls wait for the test, by the mark that they were called with. */
export class FedTool {
  private readonly events = new EventEmitter().setMaxListeners(0);

  readonly run: Run = ({ mark }, context): Promise<ToolResult> =>
    new Promise((resolve, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      const say = (progress: number): void => context.onProgress?.({ progress, message: String(mark) });
      this.events.emit(String(mark), { context, say, end: () => resolve(text(String(mark))) } satisfies FedCall);
    });

  /** Ask before the call is sent. */
  async called(mark: string): Promise<FedCall> {
    const [call] = (await once(this.events, mark)) as [FedCall];
    return call;
  }
}
