import { ProblemError } from '@manifold/rest';
import { ProviderError, type ToolResult } from '@manifold/tool-provider';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

/** Converts a ProviderError into an MCP tool result. The model reads the result; a protocol error would not reach it. */
export function errorResult(error: ProviderError): ToolResult {
  const content = [{ type: 'text', text: error.modelText ?? adviceFor(error) }];
  return error.setupUrl === undefined ? { content, isError: true } : { content };
}

/** Returns the message, with advice for the model. */
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

/** JSON-RPC code "Invalid params": the only upstream error that the caller has caused. */
const INVALID_PARAMS = -32602;

/** Server and user of a failed call. */
export interface FailedCall {
  readonly serverName: string;
  readonly username: string;
}

/** Converts an error of a call into an HTTP problem for REST callers. Returns other errors unchanged. */
export function toolProblem(error: unknown, call: FailedCall): unknown {
  if (error instanceof UnknownToolError) return new ProblemError(404, 'tool_not_found', `Tool ${error.tool} not found`);
  if (error instanceof AppUnavailableError) return appProblem(error);
  if (error instanceof ProviderError) return providerProblem(error, call);
  return error;
}

function appProblem(error: AppUnavailableError): ProblemError {
  switch (error.reason) {
    case 'unknown':
      return new ProblemError(404, 'server_not_found', error.message);
    case 'disabled':
      return new ProblemError(409, 'server_disabled', error.message);
    case 'unavailable':
      return new ProblemError(503, 'upstream_unavailable', error.message, {
        retryAfter: 5,
        isExpected: error.isStarting,
      });
  }
}

/** Returns the words of the backend's own error: only they say how to mend a call. */
function rejection(rpcError: ProviderError['rpcError'], message: string): ProblemError {
  const words = rpcError?.message || message;
  const extensions = rpcError ? { rpcError } : {};
  return rpcError?.code === INVALID_PARAMS
    ? new ProblemError(400, 'invalid_request', words, { extensions })
    : new ProblemError(502, 'upstream_rejected', words, { extensions });
}

function providerProblem(error: ProviderError, call: FailedCall): ProblemError {
  const { message, retryAfter, rpcError, setupUrl } = error;
  switch (error.code) {
    case 'not_connected':
      return new ProblemError(409, 'auth_not_connected', message, {
        extensions: setupUrl === undefined ? {} : { setupUrl },
      });
    case 'invalid_arguments':
      return new ProblemError(400, 'invalid_request', message);
    case 'permission_denied':
      return new ProblemError(403, error.code, message);
    case 'rate_limited':
      return new ProblemError(429, error.code, message, { retryAfter: retryAfter ?? 1 });
    case 'timeout':
      return new ProblemError(504, error.code, message);
    case 'cancelled':
      return new ProblemError(499, error.code, message);
    case 'upstream_unavailable':
      return new ProblemError(503, error.code, message, { retryAfter: retryAfter ?? 1 });
    case 'upstream_rejected':
      return rejection(rpcError, message);
    case 'reauth_required':
      return new ProblemError(401, error.code, message, {
        extensions: { reauthRequired: true, ...call, ...(setupUrl !== undefined && { authorizationUrl: setupUrl }) },
      });
  }
}
