import { Injectable, Logger } from '@nestjs/common';
import { shortName } from '@manifold/async';
import { Metrics } from '@manifold/metrics';
import type { ToolResult } from '@manifold/tool-provider';
import { failureIn, failureOf, refusalCode, type CallFailure, type EndedCall } from './ended-call.js';
import type { CallHandler, CallInterceptor, ToolCall } from './tool-call.js';

/** Reports the end of every call to listeners (such as the audit log), to the metrics and to the log. */
@Injectable()
export class CallReports implements CallInterceptor {
  private readonly logger = new Logger('ToolRegistry');
  private readonly listeners = new Set<(call: EndedCall) => void>();

  constructor(private readonly metrics: Metrics) {}

  /**
   * Calls the listener at the end of each tool call, also if the call reached no provider.
   * @param listener must not throw and must be fast, because the caller waits for it
   * @returns a function that ends the subscription
   */
  onCallEnded(listener: (call: EndedCall) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async intercept(call: ToolCall, next: CallHandler): Promise<ToolResult> {
    const started = performance.now();
    try {
      const result = await next(call);
      const failure = result.isError === true ? failureIn(result) : undefined;
      this.served(call, failure ? 'tool_error' : 'ok', performance.now() - started, failure);
      return result;
    } catch (error) {
      if (call.reachedProvider) this.served(call, refusalCode(error), performance.now() - started, failureOf(error));
      else this.refused({ ...call, app: call.entry.app, tool: call.entry.name }, error);
      throw error;
    }
  }

  /** Reports a call that reached no provider. */
  refused({ app, tool, args, context }: Pick<EndedCall, 'app' | 'tool' | 'args' | 'context'>, error: unknown): void {
    const names = { app: app === undefined ? undefined : shortName(app), tool: shortName(tool) };
    this.tell({ ...names, args, context, outcome: refusalCode(error), milliseconds: 0, failure: failureOf(error) });
  }

  private served(
    { entry, args, context }: ToolCall,
    outcome: string,
    milliseconds: number,
    failure?: CallFailure,
  ): void {
    const { app, name: tool, provider } = entry;
    this.tell({ app, tool, args, context, outcome, milliseconds, failure });
    this.metrics.toolCall(provider.id, app, outcome, milliseconds / 1000);
    this.logger.log({
      msg: 'tool call',
      requestId: context.requestId,
      principal: context.principal.key,
      provider: provider.id,
      app,
      tool,
      outcome,
      ms: Math.round(milliseconds * 10) / 10,
    });
  }

  private tell(call: EndedCall): void {
    for (const listener of this.listeners) listener(call);
  }
}
