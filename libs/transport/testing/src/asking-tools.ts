import { EventEmitter } from 'node:events';
import type { CallContext, ToolResult } from '@manifold/tool-provider';
import { text, type Run } from './relay-provider.js';

const elicit = (message: string) => ({ method: 'elicitation/create', params: { message, requestedSchema: {} } });

/** Returns tools that send requests to their client during a call. Most emit `asked` when they start and `failed` when they fail. */
export function askingTools(events = new EventEmitter()): { tools: Record<string, Run>; events: EventEmitter } {
  const failing = async (context: CallContext, run: () => Promise<ToolResult>): Promise<ToolResult> => {
    events.emit('asked', context);
    try {
      return await run();
    } catch (error) {
      events.emit('failed', error);
      throw error;
    }
  };
  const tools: Record<string, Run> = {
    /** Sends a log message, progress and a request to the client. Each carries the caller's mark. */
    everything: async ({ mark, asks = true }, { client, onProgress, onLog }) => {
      onLog?.({ level: 'info', data: { mark }, 'x-unknown': 1 });
      onProgress?.({ progress: 1, message: String(mark) });
      const { answer } = asks === true ? await client!.request({ answer: elicit(String(mark)) }) : {};
      onProgress?.({ progress: 2, message: String(mark) });
      return text(`${String(mark)} ${JSON.stringify(answer)}`);
    },
    ask: ({ method = 'elicitation/create', params = { message: 'Who?' } }, context) =>
      failing(context, async () => {
        const asked = { method: method as string, params: params as object as Record<string, unknown> };
        const { who } = await context.client!.request({ who: asked });
        return text(JSON.stringify(who));
      }),
    askThree: (_args, context) =>
      failing(context, async () => {
        const sample = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
        const answers = await context.client!.request({
          name: elicit('Name?'),
          sample,
          roots: { method: 'roots/list' },
        });
        return text(JSON.stringify(answers));
      }),
    askTwice: (_args, context) =>
      failing(context, async () => {
        const first = await context.client!.request({ step: elicit('First?') });
        const second = await context.client!.request({ step: elicit('Second?') });
        return text(JSON.stringify([first, second]));
      }),
    /** Sends two requests at the same time. */
    askAtOnce: (_args, context) =>
      failing(context, async () => {
        const client = context.client!;
        const answers = await Promise.all([
          client.request({ who: elicit('One?') }),
          client.request({ who: elicit('Two?') }),
        ]);
        return text(JSON.stringify(answers));
      }),
    /** Returns without waiting for the answer. */
    leave: async (_args, { client }) => {
      client!.request({ who: elicit('Who?') }).catch((error: unknown) => events.emit('failed', error));
      return text('left');
    },
    logs: async (_args, { onLog }) => {
      for (const level of ['debug', 'info', 'warning', 'emergency', 'odd']) onLog?.({ level, data: level });
      return text(onLog ? 'logged' : 'nobody reads');
    },
    context: async (_args, { meta, client }) => text(JSON.stringify({ meta, capabilities: client?.capabilities })),
  };
  return { tools, events };
}
