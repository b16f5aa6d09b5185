import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { SkippedStepError, type SmokeStep } from './smoke-step.js';
import type { Connected, McpWay, SmokeTarget } from './target.js';

/** The tool to call; not given: a harmless one, if there is one. */
export interface WantedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const SUITES: Readonly<Record<McpWay, string>> = {
  legacy: 'Streamable HTTP, with a session',
  modern: 'Streamable HTTP, stateless',
  sse: 'HTTP+SSE',
};

/** Returns the steps of an agent: connect, list, call, disconnect. Each protocol variant has its own client, which the last step closes. */
export function mcpSteps(
  target: SmokeTarget,
  way: McpWay,
  needs: SmokeStep,
  wanted?: WantedCall,
): readonly SmokeStep[] {
  const suite = SUITES[way];
  let connected: Connected;
  let tools: readonly Tool[] = [];

  const connect: SmokeStep = {
    suite,
    name: 'a client connects',
    needs,
    run: async (signal) => {
      if (way === 'sse') await assertServed(target, signal);
      connected = await target.connect(way, signal);
      return `revision ${connected.client.getNegotiatedProtocolVersion()}`;
    },
  };
  const list: SmokeStep = {
    suite,
    name: 'tools are listed',
    needs: connect,
    run: async (signal) => {
      const { client } = connected;
      tools = await agreed(async () => (await client.listTools(undefined, { signal, cacheMode: 'refresh' })).tools);
      return `${tools.length} tools`;
    },
  };
  const call: SmokeStep = {
    suite,
    name: 'a tool is called',
    needs: list,
    run: async (signal) => {
      const chosen = wanted ?? harmless(tools);
      const result = (await connected.client.callTool(chosen, { signal })) as CallToolResult;
      if (result.isError) throw new Error(`${chosen.name} failed: ${textOf(result).slice(0, 300)}`);
      return chosen.name;
    },
  };
  const close: SmokeStep = {
    suite,
    name: 'the client disconnects',
    needs: connect,
    run: async () => {
      await connected.end();
      return undefined;
    },
  };
  return [connect, list, call, close];
}

/** The number of listings: enough to probably reach every replica behind a load balancer. */
const LISTINGS = 4;

/** Lists the tools several times. @throws Error when replicas have different tools */
export async function agreed(list: () => Promise<readonly Tool[]>): Promise<readonly Tool[]> {
  const first = await list();
  const names = namesOf(first);
  for (let asked = 1; asked < LISTINGS; asked++) {
    const next = await list();
    if (namesOf(next) !== names) {
      throw new Error(
        `the second list (${next.length} tools) differs from the first (${first.length} tools): do the replicas agree?`,
      );
    }
  }
  return first;
}

const namesOf = (tools: readonly Tool[]): string =>
  tools
    .map(({ name }) => name)
    .sort()
    .join();

/** Returns a tool that is marked as read-only and needs no arguments. @throws SkippedStepError when there is none */
export function harmless(tools: readonly Tool[]): WantedCall {
  const tool = tools.find(
    ({ annotations, inputSchema }) => annotations?.readOnlyHint === true && !inputSchema.required?.length,
  );
  if (tool) return { name: tool.name, arguments: {} };
  throw new SkippedStepError('no listed tool is read-only and needs no arguments: name one with --tool');
}

async function assertServed(target: SmokeTarget, signal: AbortSignal): Promise<void> {
  const { status, body } = await target.fetch('/sse', { signal, headers: { accept: 'text/event-stream' } });
  await body?.cancel();
  if (status === 404) throw new SkippedStepError('the gateway does not serve it (ENABLE_LEGACY_SSE=false)');
}

const textOf = ({ content }: CallToolResult): string =>
  content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join(' ');
