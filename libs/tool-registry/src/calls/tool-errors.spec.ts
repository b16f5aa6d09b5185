import { ProviderError, type ProviderErrorCode } from '@manifold/tool-provider';
import { errorResult, toolProblem } from './tool-errors.js';
import { AppUnavailableError, UnknownToolError } from './unknown-tool.error.js';

const CASES: readonly [ProviderErrorCode, status: number, code: string][] = [
  ['not_connected', 409, 'auth_not_connected'],
  ['invalid_arguments', 400, 'invalid_request'],
  ['permission_denied', 403, 'permission_denied'],
  ['rate_limited', 429, 'rate_limited'],
  ['timeout', 504, 'timeout'],
  ['cancelled', 499, 'cancelled'],
  ['upstream_unavailable', 503, 'upstream_unavailable'],
  ['upstream_rejected', 502, 'upstream_rejected'],
  ['reauth_required', 401, 'reauth_required'],
];

const CALL = { serverName: 'files', username: 'alice' };

describe('a failed call', () => {
  it.each(CASES)('with the code %s is %i %s for an HTTP client', (code, status, problemCode) => {
    expect(toolProblem(new ProviderError(code, 'It failed'), CALL)).toMatchObject({
      status,
      code: problemCode,
      message: 'It failed',
    });
  });

  it.each(CASES)('with the code %s is a result that the model can read', (code) => {
    expect(errorResult(new ProviderError(code, 'It failed'))).toEqual({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(/^It failed/) }],
    });
  });

  it('says when to try again', () => {
    const limited = new ProviderError('rate_limited', 'Too many calls', { retryAfter: 7 });
    expect(toolProblem(limited, CALL)).toMatchObject({ status: 429, retryAfter: 7 });
    expect(errorResult(limited)).toMatchObject({ content: [{ text: 'Too many calls. Try again in 7 seconds.' }] });
  });

  it("passes an upstream's JSON-RPC error on, with its words, and takes invalid params for the caller's fault", () => {
    const rejected = (code: number, message: string) => {
      const error = new ProviderError('upstream_rejected', 'It answered with an error', {
        rpcError: { code, message, data: [1] },
      });
      return toolProblem(error, CALL);
    };
    const extensions = { rpcError: { code: -32602, message: 'start is late', data: [1] } };
    expect(rejected(-32602, 'start is late')).toMatchObject({ status: 400, message: 'start is late', extensions });
    expect(rejected(-32001, 'no')).toMatchObject({ status: 502, message: 'no', code: 'upstream_rejected' });
    expect(rejected(-32001, '')).toMatchObject({ status: 502, message: 'It answered with an error' });
  });

  it('names the server, the user and the link where the user has to connect', () => {
    const error = new ProviderError('reauth_required', 'no', {
      setupUrl: 'https://gateway.test/x',
      modelText: 'Visit x',
    });
    const extensions = { reauthRequired: true, ...CALL, authorizationUrl: 'https://gateway.test/x' };
    expect(toolProblem(error, CALL)).toMatchObject({ status: 401, code: 'reauth_required', extensions });
    expect(errorResult(error)).toEqual({ content: [{ type: 'text', text: 'Visit x' }] });
  });

  it('tells unknown, disabled and unavailable apart', () => {
    const status = (reason: 'unknown' | 'disabled' | 'unavailable') =>
      toolProblem(new AppUnavailableError('a', reason, reason), CALL);
    expect(status('unknown')).toMatchObject({ status: 404, code: 'server_not_found' });
    expect(status('disabled')).toMatchObject({ status: 409, code: 'server_disabled' });
    expect(status('unavailable')).toMatchObject({ status: 503, isExpected: false });
    const starting = new AppUnavailableError('a', 'unavailable', 'it is starting', true);
    expect(toolProblem(starting, CALL)).toMatchObject({ status: 503, isExpected: true });
    expect(toolProblem(new UnknownToolError('t'), CALL)).toMatchObject({ status: 404, code: 'tool_not_found' });
    const long = new UnknownToolError('x'.repeat(1_000_000));
    expect(long.message).toMatch(/^Unknown tool: x{128}\.\.\. \(1000000 characters, sha256 [0-9a-f]{16}\)$/);
  });

  it('leaves other errors to the filter', () => {
    const bug = new TypeError('x');
    expect(toolProblem(bug, CALL)).toBe(bug);
  });
});
