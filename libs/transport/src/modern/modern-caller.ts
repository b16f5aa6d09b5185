import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '@manifold/auth';
import type { RawObject, ToolDefinition } from '@manifold/tool-provider';
import type { CallGuard, View } from '@manifold/tool-registry';
import type { RequestSource } from '@manifold/observability';
import { cancelAll, OpenCalls } from '../json-rpc/calls-in-flight.js';
import { metaOf, type Params, type RequestId } from '../json-rpc/json-rpc.js';
import { readLogLevel, type LogLevel } from '../json-rpc/log-level.js';
import type { ModernClient } from './modern-client.js';
import { checkParamHeaders } from '../json-rpc/param-headers.js';
import { CLIENT_CAPABILITIES_KEY, LOG_LEVEL_KEY } from '../json-rpc/request-meta.js';
import type { Caller } from '../methods/request-runner.js';
import { requestableCapabilities } from '../sessions/call-client.js';
import { takesUrls } from '../sessions/url-elicitation.js';

/** Values that a request may change when it continues a call. */
export interface Continuation {
  readonly logLevel?: LogLevel;
  readonly progressToken?: RequestId;
}

/** The client of one call in the modern era. The call may span several requests. */
export class ModernCaller implements Caller, CallGuard {
  readonly calls = new OpenCalls();
  readonly takesUrls = false;
  readonly takesUrlResults: boolean;
  /** Set if backends can send requests to the client. */
  client?: ModernClient;
  logLevel?: LogLevel;
  progressToken?: RequestId;
  /** Response to the request to which the call currently belongs; undefined while the call waits for the client's next request. */
  answer?: { send(message: string): void };

  /** @throws JsonRpcError -32602 */
  constructor(
    readonly principal: Principal,
    readonly source: RequestSource,
    readonly view: View,
    private readonly params: Params,
    private readonly headers: IncomingHttpHeaders,
  ) {
    this.logLevel = logLevelOf(params);
    this.takesUrlResults = params.inputResponses === undefined && takesUrls(capabilitiesOf(params));
  }

  get capabilities(): RawObject | undefined {
    return requestableCapabilities(capabilitiesOf(this.params));
  }

  /** Continues the call in another request of the client. */
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

/** Returns the client's capabilities. They are an object: the request was checked when it arrived. */
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
