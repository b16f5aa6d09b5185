import { isObject } from '@manifold/async';
import type { EgressInit } from '@manifold/egress';
import type { HttpClient } from '@manifold/mcp-client';

/**
 * Sends requests to a server that answers 403 or 400 where the specification of MCP (authorization, token requirements) says 401. An operator
 * has said so (`auth: oauth`). A refusal that is clearly something else stays as it is: a scope that is missing, and an error of JSON-RPC.
 */
export class RefusalsAs401 implements HttpClient {
  constructor(private readonly http: HttpClient) {}

  async fetch(input: string | URL, init?: EgressInit): Promise<Response> {
    const response = await this.http.fetch(input, init);
    const { status, headers } = response;
    if (status !== 400 && status !== 403) return response;
    const text = await response.text().catch(() => '');
    const isOther = isAnswer(text) || headers.get('www-authenticate')?.includes('insufficient_scope');
    return isOther ? new Response(text, { status, headers }) : new Response(null, { status: 401, headers });
  }
}

/** Returns whether a body is the answer to a request, or says that a session is lost. A refusal in the form of JSON-RPC names no request. */
function isAnswer(text: string): boolean {
  if (!text.includes('"jsonrpc"')) return false;
  try {
    const body: unknown = JSON.parse(text);
    return !isObject(body) || (body.id ?? null) !== null || /session/i.test(text);
  } catch {
    return false;
  }
}
