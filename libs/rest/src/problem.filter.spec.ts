import { Logger, NotFoundException } from '@nestjs/common';
import fastify from 'fastify';
import { StoreUnavailableError } from '@manifold/store';
import { ProblemError } from './problem.js';
import { problemBody, ProblemFilter, toProblem } from './problem.filter.js';

describe('toProblem', () => {
  it('keeps a problem as it is', () => {
    const problem = new ProblemError(409, 'server_already_exists', 'Server with name a already exists');
    expect(toProblem(problem)).toBe(problem);
  });

  it('answers 503 with Retry-After when the database does not answer', () => {
    expect(toProblem(new StoreUnavailableError('no servers at mongo-1.internal'))).toMatchObject({
      status: 503,
      code: 'store_unavailable',
      retryAfter: 5,
      message: expect.not.stringContaining('mongo-1'),
    });
  });

  it('gives the routes of the framework the same shape', () => {
    expect(toProblem(new NotFoundException('Cannot GET /x'))).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each([new Error('password=hunter2'), 'hunter2', { message: 'hunter2' }, null, undefined, { statusCode: 500 }])(
    'says nothing of the unexpected',
    (error) => {
      const body = problemBody(toProblem(error), 'request-1');
      expect(body).toMatchObject({ status: 500, code: 'internal_error', requestId: 'request-1', success: false });
      expect(JSON.stringify(body)).not.toContain('hunter2');
    },
  );
});

describe('problemBody', () => {
  it('has the members of RFC 9457 and those that clients of the mcp-api routes read', () => {
    const errors = [{ pointer: '/name', code: 'isString', detail: 'name must be a string' }];
    const problem = new ProblemError(400, 'invalid_request', 'name must be a string', {
      errors,
      extensions: { hint: 'x' },
    });
    expect(problemBody(problem, 'request-1')).toEqual({
      type: 'about:blank',
      title: 'Bad request',
      status: 400,
      detail: 'name must be a string',
      code: 'invalid_request',
      requestId: 'request-1',
      errors,
      hint: 'x',
      success: false,
      error: 'name must be a string',
    });
  });
});

describe('ProblemFilter', () => {
  it('logs errors of the gateway, and not what was to be expected', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const server = fastify();
    const filter = new ProblemFilter();
    server.setErrorHandler((error, request, reply) => filter.write(error, request, reply));
    server.get<{ Params: { name: string } }>('/:name', ({ params: { name } }) => {
      throw new ProblemError(503, 'upstream_unavailable', name, { retryAfter: 5, isExpected: name === 'starting' });
    });
    for (const url of ['/starting', '/failed']) {
      const { statusCode, headers } = await server.inject({ method: 'GET', url });
      expect([statusCode, headers['retry-after']]).toEqual([503, '5']);
    }
    expect(logged.mock.calls).toEqual([[expect.objectContaining({ msg: 'failed' })]]);
    logged.mockRestore();
    await server.close();
  });
});
