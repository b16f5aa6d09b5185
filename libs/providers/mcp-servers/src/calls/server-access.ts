import { Injectable } from '@nestjs/common';
import { isObject, untilAborted } from '@manifold/async';
import { ProviderError, type CallContext, type UpstreamSpan } from '@manifold/tool-provider';
import {
  connectionTo,
  withConnectionFor,
  withInstanceFor,
  type CallableServer,
  type Secrets,
  type ServerRun,
} from '@manifold/mcp-hosting';
import { NotSentError, type RawObject } from '@manifold/mcp-client';
import { callWithSecrets } from './call-with-secrets.js';
import { ConsentRequests } from './consent-requests.js';

/** Runs all requests of callers to servers. */
@Injectable()
export class ServerAccess {
  constructor(private readonly consent: ConsentRequests) {}

  /** Runs a task with the caller's instance of a server. If the caller's consent would lift a refusal, the error has a connect link. */
  async serve<T>(run: ServerRun, context: CallContext, task: (server: CallableServer) => Promise<T>): Promise<T> {
    try {
      return await withInstanceFor(run, context, task);
    } catch (error) {
      throw await this.consent.explained(error, run.record, context.principal);
    }
  }

  /**
   * Waits until the server has listed its tools for a user who has given consent.
   * @throws ProviderError `reauth_required` if the server requires consent that the user has not given
   */
  async demandConsent(run: ServerRun, context: CallContext): Promise<void> {
    await this.serve(run, context, async (server) => {
      const connection = await connectionTo(server, context.signal);
      await untilAborted(server.settled, context.signal);
      // The server may have refused the listing at its start. Now there is a user who can get the error and act on it.
      if (!run.metadata.areToolsKnown) await run.metadata.listed(await connection.listTools(context.signal));
    });
  }
}

/**
 * Sends a caller's request to a server, on the shared connection or on a dedicated one.
 * @param brought the secrets in the params. If undefined, the secrets that the server was started with are used.
 * @throws ProviderError; the reason of the context's signal
 */
export async function requestTo(
  server: CallableServer,
  method: string,
  params: RawObject,
  context: CallContext,
  brought?: Secrets,
): Promise<RawObject> {
  const span = context.origin?.trace && upstreamSpan(server.record.name, method, params, context);
  const meta = span ? { ...context.meta, ...span.carrier } : context.meta;
  const attempt = (): Promise<RawObject> =>
    withConnectionFor(server, context, (connection) => {
      const secrets = brought ?? server.secrets;
      if (Object.keys(secrets).length > 0)
        return callWithSecrets(connection, method, params, secrets, server.log, context, meta);
      const { cancellation: signal, onProgress, onLog, client } = context;
      return connection.request(method, params, { signal, onProgress, onLog, client, meta });
    });
  try {
    const result = await retryUnsent(attempt);
    span?.end(result.isError === true ? 'tool_error' : undefined);
    if (result.isError === true && isOfUnknownTool(method, result)) server.doubtTools();
    return result;
  } catch (error) {
    if (error instanceof ProviderError && isOfUnknownTool(method, error.rpcError)) server.doubtTools();
    span?.end(error instanceof ProviderError ? error.code : 'failed');
    throw error;
  }
}

/** Makes a second attempt if the first one was not sent, because the server had ended. The server is then started again. */
async function retryUnsent<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof NotSentError)) throw error;
    return attempt();
  }
}

/** Opens a client span by the OpenTelemetry "Semantic conventions for Model Context Protocol". */
function upstreamSpan(
  server: string,
  method: string,
  { name }: RawObject,
  { origin }: CallContext,
): UpstreamSpan | undefined {
  const tool = method === 'tools/call' && typeof name === 'string' ? name : undefined;
  return origin?.trace?.upstream(tool === undefined ? method : `${method} ${tool}`, {
    'mcp.method.name': method,
    'manifold.server': server,
    ...(tool !== undefined && { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool }),
  });
}

/** Argument names with which code that merges the arguments could change object prototypes (docs/THREATS.md, threat 18). */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

/** @throws ProviderError `invalid_arguments` */
export function refuseUnsafeNames(args: RawObject): void {
  for (const name of FORBIDDEN) {
    if (Object.hasOwn(args, name))
      throw new ProviderError('invalid_arguments', `An argument must not be named ${name}`);
  }
}

/** The words of the official SDKs and of usual servers for a tool that they do not have. */
const UNKNOWN_TOOL = /unknown tool|no such tool|tool\b.{0,200}\b(?:not (?:found|exist|available)|unknown)/i;
const READ = 2000;

/** Returns whether a server says in its answer to a call that it does not know the tool. */
const isOfUnknownTool = (method: string, answer: RawObject | undefined): boolean =>
  method === 'tools/call' && answer !== undefined && UNKNOWN_TOOL.test(wordsOf(answer).slice(0, READ));

function wordsOf({ message, content }: RawObject): string {
  if (typeof message === 'string') return message;
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return isObject(first) && typeof first.text === 'string' ? first.text : '';
}
