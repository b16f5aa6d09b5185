import type { SmokeStep } from './smoke-step.js';
import type { SmokeTarget } from './target.js';

const WRONG_TOKEN = 'a-token-that-nobody-has-issued';

/**
 * Returns the steps that check refusals: a request without a valid token must get 401 with a `WWW-Authenticate: Bearer` header (RFC 6750,
 * RFC 9728).
 */
export function refusalSteps(target: SmokeTarget, needs: SmokeStep): readonly SmokeStep[] {
  const refusal = (name: string, path: string, method: string, token: string | null): SmokeStep => ({
    suite: 'authentication',
    name,
    needs,
    run: async (signal) => {
      const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
      const body = method === 'POST' ? '{"jsonrpc":"2.0","id":1,"method":"ping"}' : undefined;
      const response = await target.fetch(path, { method, body, signal, headers }, token);
      await response.body?.cancel();
      if (response.status !== 401) throw new Error(`${method} ${path} was answered ${response.status} instead of 401`);
      const challenge = response.headers.get('www-authenticate') ?? '';
      if (!/^Bearer\b/i.test(challenge))
        throw new Error(`${method} ${path} was refused without WWW-Authenticate: Bearer`);
      return undefined;
    },
  });
  return [
    refusal('MCP refuses callers without a token', '/mcp', 'POST', null),
    refusal('MCP refuses a wrong token', '/mcp', 'POST', WRONG_TOKEN),
    refusal('REST refuses callers without a token', '/mcp/servers', 'GET', null),
  ];
}
