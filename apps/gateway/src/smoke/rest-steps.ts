import type { SmokeStep } from './smoke-step.js';
import type { SmokeTarget } from './target.js';

/** Returns the steps that read the REST routes that are open to every caller. */
export function restSteps(target: SmokeTarget, needs: SmokeStep): readonly SmokeStep[] {
  const read = async (path: string, signal: AbortSignal): Promise<Record<string, unknown>> => {
    const response = await target.fetch(path, { signal });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  return [
    {
      suite: 'REST',
      name: 'the registered servers are listed',
      needs,
      run: async (signal) => {
        const { servers } = await read('/mcp/servers', signal);
        if (!Array.isArray(servers)) throw new Error('GET /mcp/servers was answered without servers');
        return `${servers.length} servers`;
      },
    },
    {
      suite: 'REST',
      name: 'the API is described (/docs-json)',
      needs,
      run: async (signal) => {
        const { openapi, info } = await read('/docs-json', signal);
        if (typeof openapi !== 'string') throw new Error('GET /docs-json was answered without an OpenAPI document');
        return `version ${(info as { version?: string } | undefined)?.version}`;
      },
    },
  ];
}
