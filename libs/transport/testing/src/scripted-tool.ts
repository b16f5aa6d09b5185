import { EventEmitter, once } from 'node:events';
import type { CallContext, ToolResult } from '@manifold/tool-provider';
import { text, type Run } from './relay-provider.js';

/** A running call. The test decides when it sends progress and when it ends. */
export interface ScriptedCall {
  readonly context: CallContext;
  say(progress: number): void;
  end(): void;
}

/** The tool `feed`. Its calls wait for the test, which finds them by the mark in their arguments. */
export class ScriptedTool {
  private readonly events = new EventEmitter().setMaxListeners(0);

  readonly run: Run = ({ mark }, context): Promise<ToolResult> =>
    new Promise((resolve, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      const say = (progress: number): void => context.onProgress?.({ progress, message: String(mark) });
      this.events.emit(String(mark), { context, say, end: () => resolve(text(String(mark))) } satisfies ScriptedCall);
    });

  /** Waits for the call with this mark. Must be called before the call is sent. */
  async called(mark: string): Promise<ScriptedCall> {
    const [call] = (await once(this.events, mark)) as [ScriptedCall];
    return call;
  }
}
