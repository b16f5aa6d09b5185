import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { problemBody, readJsonBodies, toProblem } from './index.js';

describe('readJsonBodies', () => {
  let server: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    server = fastify();
    readJsonBodies(server, 10_000);
    server.setErrorHandler((error, request, reply) => {
      const problem = toProblem(error);
      return reply.status(problem.status).send(problemBody(problem, request.id));
    });
    server.post('/', (request) => ({ body: request.body ?? 'nothing' }));
    server.post('/small', { config: { bodyLimit: 100 } }, (request) => ({ body: request.body }));
    url = await server.listen({ port: 0 });
  });
  afterAll(() => server.close());

  const post = (path: string, body: string, type = 'application/json') =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });

  const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { code: unknown }).code;

  it('reads JSON, with or without a charset', async () => {
    expect(await (await post('/', '{"a":[1]}', 'application/json; charset=utf-8')).json()).toEqual({
      body: { a: [1] },
    });
  });

  it('takes an empty body for no body', async () => {
    expect(await (await post('/', '')).json()).toEqual({ body: 'nothing' });
  });

  it.each([
    ['text/plain', '{}'],
    ['text/html', '<p>'],
    ['application/x-www-form-urlencoded', 'a=1'],
  ])('answers 415 to %s', async (type, body) => {
    const response = await post('/', body, type);
    expect(response.status).toBe(415);
    expect(await codeOf(response)).toBe('unsupported_media_type');
  });

  it.each(['{', '{"a":1}x', "{'a':1}", 'undefined', '{"a":\u0000}', '[1,]'])(
    'answers 400 to the malformed %j',
    async (body) => {
      const response = await post('/', body);
      expect(response.status).toBe(400);
      expect(await codeOf(response)).toBe('invalid_json');
    },
  );

  it.each(['{"__proto__":{"admin":true}}', '{"a":{"__proto__":1}}', '{"constructor":{"prototype":{"a":1}}}'])(
    'refuses keys that change prototypes: %s',
    async (body) => {
      expect((await post('/', body)).status).toBe(400);
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
    },
  );

  it('refuses what is nested deeper than 64 levels, and takes 64', async () => {
    expect((await post('/', '['.repeat(64) + ']'.repeat(64))).status).toBe(200);
    expect((await post('/', '['.repeat(65) + ']'.repeat(65))).status).toBe(400);
    expect((await post('/', '{"a":'.repeat(65) + '1' + '}'.repeat(65))).status).toBe(400);
  });

  it.each(['{"a":1,"a":1}', '[{"a":{"b":1,"c":{},"b":2}}]', '{"a":1,"\\u0061":2}', '{"a":1,"b":":","a":{"c":1}}'])(
    'refuses a key that comes twice: %s',
    async (body) => {
      const response = await post('/', body);
      expect(response.status).toBe(400);
      expect(await codeOf(response)).toBe('invalid_json');
    },
  );

  it.each(['{"a":{"b":1},"b":[{"a":1},{"a":2}]}', '{":":"\\":","":{"":null}}', '[[],{},":"]', '{"1":1,"01":1}'])(
    'takes keys that only look like that: %s',
    async (body) => {
      expect(await (await post('/', body)).json()).toEqual({ body: JSON.parse(body) as unknown });
    },
  );

  it('answers 413 and reads on: who is still sending gets the answer, and the next one', async () => {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    const answered = async (line: string): Promise<void> => {
      while (!received.includes(line)) await once(socket, 'data');
    };
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length:';
    socket.write(`${head} 1000000\r\n\r\n`);
    await answered('HTTP/1.1 413 Payload Too Large');
    socket.write(`${' '.repeat(1_000_000)}${head} 2\r\n\r\n{}`);
    await answered('HTTP/1.1 200 OK');
    expect(received).toContain('{"body":{}}');
    socket.destroy();
  });

  it('answers 413 above the general limit and above the limit of a route', async () => {
    expect((await post('/', JSON.stringify('x'.repeat(10_001)))).status).toBe(413);
    expect((await post('/small', JSON.stringify('ü'.repeat(60)))).status).toBe(413);
    expect((await post('/small', JSON.stringify('x'.repeat(60)))).status).toBe(200);
  });
});
