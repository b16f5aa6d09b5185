import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { problemBody, toProblem } from '../problem.filter.js';
import { readJsonBodies } from './json-body.js';

const HEAD = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;

describe('readJsonBodies', () => {
  let server: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    server = fastify();
    readJsonBodies(server, { bytes: 30_000, messageBytes: 50_000, members: 1_000 });
    server.setErrorHandler((error, request, reply) => {
      const problem = toProblem(error);
      return reply.status(problem.status).send(problemBody(problem, request.id));
    });
    server.post('/', (request) => ({ body: request.body ?? 'nothing' }));
    server.post('/small', { config: { bodyLimit: 100 } }, (request) => ({ body: request.body }));
    server.post('/large', { config: { bodyLimit: 40_000 } }, (request) => ({ body: request.body }));
    server.post('/message', { config: { mcpMessage: true } }, (request) => ({ body: request.body }));
    server.post('/comments', { config: { jsonComments: true } }, (request) => ({ body: request.body }));
    server.post('/public', { config: { public: true } as object }, (request) => ({ body: request.body }));
    url = await server.listen({ port: 0 });
  });
  afterAll(() => server.close());

  const post = (path: string, body: string, type = 'application/json') =>
    fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });

  /** Opens a connection. `answered` waits until a text has been received. */
  function connected(): { socket: Socket; answered: (text: string) => Promise<void> } {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    const answered = async (text: string): Promise<void> => {
      while (!received.includes(text)) await once(socket, 'data');
    };
    return { socket, answered };
  }

  const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { code: unknown }).code;

  it('reads JSON, with or without a charset', async () => {
    expect(await (await post('/', '{"a":[1]}', 'application/json; charset=utf-8')).json()).toEqual({
      body: { a: [1] },
    });
  });

  it('reads comments and trailing commas only where the route takes them', async () => {
    const text = '{"a":[1,], // ":\n "b":"//"}';
    expect(await (await post('/comments', text)).json()).toEqual({ body: { a: [1], b: '//' } });
    expect(await codeOf(await post('/', text))).toBe('invalid_json');
  });

  it.each([
    ['{"a":1,/**/"a":1}', 'invalid_json'],
    ['{"a":1,/**/"__proto__":{}}', 'invalid_json'],
    ['{"a":1', 'invalid_json'],
    [`/**/${'['.repeat(65)}${']'.repeat(65)}`, 'invalid_request'],
    [`/**/[${'1,'.repeat(1_002)}1]`, 'payload_too_large'],
  ])('has the same bounds for a body with comments: %s', async (text, code) => {
    expect(await codeOf(await post('/comments', text))).toBe(code);
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

  it.each<Record<string, string>>([
    { 'content-encoding': 'gzip' },
    { 'content-encoding': 'identity, br' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json; charset="ISO-8859-1"' },
    { 'content-type': 'application/json;charset=utf-8;CharSet=utf-7' },
    { 'content-type': 'application/json; charset=' },
  ])('answers 415 to a body with %j, and does not read it', async (headers) => {
    const response = await fetch(`${url}/`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect(response.status).toBe(415);
    expect(await codeOf(response)).toBe('unsupported_media_type');
  });

  it.each(['identity', 'IDENTITY'])('reads a body with the encoding %s', async (encoding) => {
    const headers = { 'content-type': 'application/json; charset="UTF-8"', 'content-encoding': encoding };
    const response = await fetch(`${url}/`, { method: 'POST', body: '{"a":1}', headers });
    expect(await response.json()).toEqual({ body: { a: 1 } });
  });

  it('asks nothing of the encoding where there is no body', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect((await fetch(`${url}/`, { method: 'POST', headers })).status).toBe(200);
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
    const { socket, answered } = connected();
    socket.write(`${HEAD('/')}Content-Length: 1000000\r\n\r\n`);
    await answered('HTTP/1.1 413 Payload Too Large');
    socket.write(`${' '.repeat(1_000_000)}${HEAD('/')}Content-Length: 2\r\n\r\n{}`);
    await answered('HTTP/1.1 200 OK');
    await answered('{"body":{}}');
    socket.destroy();
  });

  it.each([
    ['/', 30_001],
    ['/small', 101],
    ['/large', 30_001],
    ['/public', 16_385],
    ['/message', 50_001],
  ])('answers 413 at %s to a Content-Length of %i, before any of it has come', async (path, length) => {
    const { socket, answered } = connected();
    socket.write(`${HEAD(path)}Content-Length: ${length}\r\n\r\n`);
    await answered('HTTP/1.1 413 Payload Too Large');
    socket.destroy();
  });

  it.each([
    ['/', 30_001],
    ['/small', 101],
    ['/large', 30_001],
    ['/public', 16_385],
    ['/message', 50_001],
  ])('answers 413 at %s as soon as %i bytes have come, although more will', async (path, length) => {
    const { socket, answered } = connected();
    socket.write(`${HEAD(path)}Transfer-Encoding: chunked\r\n\r\nfffff\r\n${' '.repeat(length)}`);
    await answered('HTTP/1.1 413 Payload Too Large');
    socket.destroy();
  });

  it.each([
    [
      'members of one object',
      JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`k${n}`, 1]))),
    ],
    ['members of many objects', JSON.stringify(Array.from({ length: 501 }, () => ({ a: 1, b: 2 })))],
    ['elements', JSON.stringify(Array.from({ length: 1_002 }, () => 1))],
    ['members, before it is parsed', `{${'"a":1,'.repeat(1_002)}`],
  ])('answers 413 to a body with too many %s', async (_what, body) => {
    const response = await post('/', body);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      code: 'payload_too_large',
      detail: 'The body has more than 1000 members and elements',
    });
  });

  it('takes as many members as are allowed', async () => {
    expect((await post('/', JSON.stringify(Array.from({ length: 500 }, () => ({ a: 1, b: 2 }))))).status).toBe(200);
  });

  it('answers 413 above the general limit and above the limit of a route', async () => {
    expect((await post('/', JSON.stringify('x'.repeat(30_001)))).status).toBe(413);
    expect((await post('/small', JSON.stringify('ü'.repeat(60)))).status).toBe(413);
    expect((await post('/small', JSON.stringify('x'.repeat(60)))).status).toBe(200);
    expect((await post('/message', JSON.stringify('x'.repeat(49_000)))).status).toBe(200);
  });
});
