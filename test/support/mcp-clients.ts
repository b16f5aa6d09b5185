import { Client as Sdk1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  Client as Sdk2Client,
  StreamableHTTPClientTransport as Sdk2StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

/** Who connects, and to which server. */
export interface ClientTarget {
  /** The server's base URL, or the gateway's. */
  readonly url: string;
  /** The endpoint; each factory has the usual one as default. */
  readonly path?: string;
  readonly token?: string;
  /** Development only: the `?user=` of the URL. */
  readonly user?: string;
}

const CLIENT_INFO = { name: 'manifold-tests', version: '1.0.0' };
const MODERN_REVISION = '2026-07-28';

function endpoint({ url, path, user }: ClientTarget, usualPath: string): URL {
  const full = new URL(path ?? usualPath, url);
  if (user !== undefined) full.searchParams.set('user', user);
  return full;
}

const requestInit = ({ token }: ClientTarget): RequestInit =>
  token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };

/** SDK 1.32 over Streamable HTTP, initialised. The transport knows the session id and ends the session. */
export async function connectSdk1(target: ClientTarget) {
  const transport = new StreamableHTTPClientTransport(endpoint(target, '/mcp'), { requestInit: requestInit(target) });
  const client = new Sdk1Client(CLIENT_INFO);
  await client.connect(transport);
  return { client, transport };
}

/** SDK 1.32 over HTTP+SSE, initialised. */
export async function connectSdk1Sse(target: ClientTarget) {
  const transport = new SSEClientTransport(endpoint(target, '/sse'), { requestInit: requestInit(target) });
  const client = new Sdk1Client(CLIENT_INFO);
  await client.connect(transport);
  return { client, transport };
}

/** SDK 2.4 in one of the two eras, connected: `modern` is pinned, so that it fails where only the legacy era is served. */
export async function connectSdk2(target: ClientTarget, era: 'legacy' | 'modern') {
  const transport = new Sdk2StreamableHTTPClientTransport(endpoint(target, '/mcp'), {
    requestInit: requestInit(target),
  });
  const mode = era === 'modern' ? { pin: MODERN_REVISION } : era;
  const client = new Sdk2Client(CLIENT_INFO, { versionNegotiation: { mode } });
  await client.connect(transport);
  return { client, transport };
}

/** The text of a result's first block: what the simulated upstreams answer with. */
export function textOf(result: unknown): string {
  const { content } = result as { content: readonly { type: string; text?: string }[] };
  if (content[0]?.type !== 'text') throw new Error(`Not a text: ${JSON.stringify(result)}`);
  return content[0].text!;
}
