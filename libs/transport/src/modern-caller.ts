import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '@manifold/auth';
import type { RawObject, ToolDefinition } from '@manifold/tool-provider';
import type { View } from '@manifold/tool-registry';
import type { RequestSource } from '@manifold/tracing';
import { cancelAll, OpenCalls } from './calls-in-flight.js';
import { metaOf, type Params, type RequestId } from './json-rpc.js';
import { readLogLevel, type LogLevel } from './log-level.js';
import type { CallGuard } from './method-handler.js';
import type { ModernClient } from './modern-client.js';
import { checkParamHeaders } from './param-headers.js';
import { CLIENT_CAPABILITIES_KEY, LOG_LEVEL_KEY } from './request-meta.js';
import type { Caller } from './request-runner.js';
import { takesUrls } from './url-elicitation.js';

/** What a request that continues a call says anew. */
export interface Continuation {
  readonly logLevel?: LogLevel;
  readonly progressToken?: RequestId;
}

/** The client of the modern era behind one request, or behind several that belong to one call. */
export class ModernCaller implements Caller, CallGuard {
  readonly calls = new OpenCalls();
  readonly takesUrls = false;
  readonly takesUrlResults: boolean;
  /** Where the client can be asked something. */
  client?: ModernClient;
  logLevel?: LogLevel;
  progressToken?: RequestId;
  /** The answer to the request that the call belongs to at the moment; undefined while the client thinks. */
  answer?: { send(message: string): void };

  /** @throws JsonRpcError -32602 */
  constructor(
    readonly principal: Principal,
    readonly source: RequestSource,
    readonly view: View,
    params: Params,
    private readonly headers: IncomingHttpHeaders,
  ) {
    this.logLevel = logLevelOf(params);
    this.takesUrlResults = params.inputResponses === undefined && takesUrls(capabilitiesOf(params));
  }

  /** The call goes on in another request of the client. */
  continueIn({ logLevel, progressToken = this.progressToken }: Continuation): void {
    this.logLevel = logLevel;
    this.progressToken = progressToken;
  }

  send(message: string): void {
    this.answer?.send(message);
  }

  cancel(): void {
    cancelAll(this.calls);
  }

  get guard(): CallGuard {
    return this;
  }

  checkCall(definition: ToolDefinition, args: Params): void {
    checkParamHeaders(definition, args, this.headers);
  }
}

/** Checked when the request arrived: it is an object. */
export const capabilitiesOf = (params: Params): RawObject => metaOf(params)[CLIENT_CAPABILITIES_KEY] as RawObject;

/** @throws JsonRpcError -32602 */
export function readContinuation(params: Params): Continuation {
  const { progressToken } = metaOf(params);
  const isToken = typeof progressToken === 'string' || typeof progressToken === 'number';
  return { logLevel: logLevelOf(params), progressToken: isToken ? progressToken : undefined };
}

function logLevelOf(params: Params): LogLevel | undefined {
  const level = metaOf(params)[LOG_LEVEL_KEY];
  return level === undefined ? undefined : readLogLevel(level);
}
