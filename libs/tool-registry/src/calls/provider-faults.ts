import { Injectable, Logger } from '@nestjs/common';
import { ProviderError, type ToolResult } from '@manifold/tool-provider';
import type { CallHandler, CallInterceptor, ToolCall } from './tool-call.js';

/** Replaces errors that a provider must not throw. The caller gets a generic message; the log has the original error. */
@Injectable()
export class ProviderFaults implements CallInterceptor {
  private readonly logger = new Logger(ProviderFaults.name);

  async intercept(call: ToolCall, next: CallHandler): Promise<ToolResult> {
    try {
      return await next(call);
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw this.replaced(error, call);
    }
  }

  private replaced(error: unknown, { entry, context }: ToolCall): ProviderError {
    this.logger.error({
      msg: 'provider threw an unexpected error type',
      provider: entry.provider.id,
      tool: entry.publicName,
      requestId: context.requestId,
      err: error,
    });
    return new ProviderError('upstream_unavailable', 'The tool cannot be run at the moment', { cause: error });
  }
}
