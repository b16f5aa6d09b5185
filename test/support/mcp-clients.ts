import { Client as Sdk1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import {
  Client as Sdk2Client,
  StreamableHTTPClientTransport as Sdk2StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

/** The server to connect to, and the caller. */
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

/** Answers the requests of a server: sampling, elicitation in both modes, roots. */
export type Answering = (method: string, params: Record<string, unknown>) => object;

const ASKABLE = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
const QUESTIONS = [CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema];

/**
 * Connects an initialised client of SDK 1.32 over Streamable HTTP. The transport knows the session id and ends the session.
 * @param answering makes it a client that can be asked
 */
export async function connectSdk1(target: ClientTarget, answering?: Answering) {
  const transport = new StreamableHTTPClientTransport(endpoint(target, '/mcp'), { requestInit: requestInit(target) });
  const client = new Sdk1Client(CLIENT_INFO, answering && { capabilities: ASKABLE });
  for (const question of answering ? QUESTIONS : []) {
    client.setRequestHandler(question, ({ method, params }) => answering!(method, { ...params }));
  }
  await client.connect(transport);
  return { client, transport };
}

/** Connects an initialised client of SDK 1.32 over HTTP+SSE. */
export async function connectSdk1Sse(target: ClientTarget) {
  const transport = new SSEClientTransport(endpoint(target, '/sse'), { requestInit: requestInit(target) });
  const client = new Sdk1Client(CLIENT_INFO);
  await client.connect(transport);
  return { client, transport };
}

/**
 * Connects a client of SDK 2.4 in one of the two eras. `modern` is pinned, so that it fails if the server supports only the legacy era.
 * @param answering makes it a client that can be asked
 */
export async function connectSdk2(target: ClientTarget, era: 'legacy' | 'modern', answering?: Answering) {
  const transport = new Sdk2StreamableHTTPClientTransport(endpoint(target, '/mcp'), {
    requestInit: requestInit(target),
  });
  const mode = era === 'modern' ? { pin: MODERN_REVISION } : era;
  const capabilities = answering && ASKABLE;
  const client = new Sdk2Client(CLIENT_INFO, { versionNegotiation: { mode }, capabilities });
  if (answering) {
    const answer = ({ method, params }: { method: string; params?: object }) =>
      answering(method, { ...params }) as never;
    client.setRequestHandler('sampling/createMessage', answer);
    client.setRequestHandler('elicitation/create', answer);
    client.setRequestHandler('roots/list', answer);
  }
  await client.connect(transport);
  return { client, transport };
}

/**
 * Hands the messages of a transport to the SDK one at a time. The SDKs handle a notification a moment after they have read it, but a
 * response at once: they drop progress that arrives in one chunk with the result.
 */
export function deliverOneByOne<Message extends unknown[]>(transport: {
  onmessage?: (...message: Message) => void;
}): void {
  const deliver = transport.onmessage;
  let delivered = Promise.resolve();
  transport.onmessage = (...message) => {
    delivered = delivered.then(async () => {
      deliver?.(...message);
      await new Promise((resolve) => setImmediate(resolve));
    });
  };
}

/** Returns the text of a result's first block, which holds the answer of a simulated upstream. */
export function textOf(result: unknown): string {
  const { content } = result as { content: readonly { type: string; text?: string }[] };
  if (content[0]?.type !== 'text') throw new Error(`Not a text: ${JSON.stringify(result)}`);
  return content[0].text!;
}
