import { Problem } from '@manifold/rest';
import { ProviderError, type ToolResult } from '@manifold/tool-provider';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

/** A failed call in the words of MCP: a result that the model reads, not an error of the protocol. */
export function errorResult(error: ProviderError): ToolResult {
  const content = [{ type: 'text', text: error.modelText ?? adviceFor(error) }];
  return error.setupUrl === undefined ? { content, isError: true } : { content };
}

/** The message, and what the model can do about it. */
function adviceFor(error: ProviderError): string {
  switch (error.code) {
    case 'rate_limited':
      return error.retryAfter === undefined
        ? `${error.message}. Wait before you try again.`
        : `${error.message}. Try again in ${error.retryAfter} seconds.`;
    case 'timeout':
      return `${error.message}. The call may or may not have had an effect: check before you repeat it.`;
    case 'upstream_unavailable':
      return `${error.message}. Try again later.`;
    case 'not_connected':
    case 'invalid_arguments':
    case 'permission_denied':
    case 'cancelled':
    case 'upstream_rejected':
    case 'reauth_required':
      return error.message;
  }
}

/** JSON-RPC "Invalid params": the one upstream error that is the caller's own. */
const INVALID_PARAMS = -32602;

/** Whose call to which server it was. */
export interface FailedCall {
  readonly serverName: string;
  readonly username: string;
}

/** A failed call in the words of HTTP, for REST callers. Errors of other kinds are returned as they are. */
export function toolProblem(error: unknown, call: FailedCall): unknown {
  if (error instanceof UnknownToolError) return new Problem(404, 'tool_not_found', `Tool ${error.tool} not found`);
  if (error instanceof AppUnavailableError) return appProblem(error);
  if (error instanceof ProviderError) return providerProblem(error, call);
  return error;
}

function appProblem(error: AppUnavailableError): Problem {
  switch (error.reason) {
    case 'unknown':
      return new Problem(404, 'server_not_found', error.message);
    case 'disabled':
      return new Problem(409, 'server_disabled', error.message);
    case 'unavailable':
      return new Problem(503, 'upstream_unavailable', error.message, { retryAfter: 5 });
  }
}

function providerProblem(error: ProviderError, call: FailedCall): Problem {
  const { message, retryAfter, rpcError, setupUrl } = error;
  switch (error.code) {
    case 'not_connected':
      return new Problem(409, 'auth_not_connected', message, {
        extensions: setupUrl === undefined ? {} : { setupUrl },
      });
    case 'invalid_arguments':
      return new Problem(400, 'invalid_request', message);
    case 'permission_denied':
      return new Problem(403, error.code, message);
    case 'rate_limited':
      return new Problem(429, error.code, message, { retryAfter: retryAfter ?? 1 });
    case 'timeout':
      return new Problem(504, error.code, message);
    case 'cancelled':
      return new Problem(499, error.code, message);
    case 'upstream_unavailable':
      return new Problem(503, error.code, message, { retryAfter: retryAfter ?? 1 });
    case 'upstream_rejected':
      return rpcError?.code === INVALID_PARAMS
        ? new Problem(400, 'invalid_request', message)
        : new Problem(502, error.code, message, { extensions: rpcError ? { rpcError } : {} });
    case 'reauth_required':
      return new Problem(401, error.code, message, {
        extensions: { reauthRequired: true, ...call, ...(setupUrl !== undefined && { authorizationUrl: setupUrl }) },
      });
  }
}
