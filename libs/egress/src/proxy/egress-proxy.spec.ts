import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Logger } from '@nestjs/common';
import { eventually } from '../../../../test/support/eventually.js';
import { testProxy } from '../../testing/src/test-proxy.js';
import { TestOrigin } from '../../testing/src/test-origin.js';
import { AddressResolver } from '../address-resolver.js';
import type { EgressProxy } from './egress-proxy.js';
import type { ProxyAccess, ProxyClient } from './proxy-access.js';

const CLIENT: ProxyClient = { tenant: 'acme', name: 'server notes' };

/** Resolves every name to the next of these addresses, the last one for ever. */
class ScriptedResolver extends AddressResolver {
  constructor(private readonly addresses: string[]) {
    super();
  }

  override resolve(): ReturnType<AddressResolver['resolve']> {
    const address = this.addresses.length > 1 ? this.addresses.shift()! : this.addresses[0]!;
    return Promise.resolve([{ address, family: 4 }]);
  }
}

interface Answer {
  readonly status: number;
  readonly phrase: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('The proxy for programs', () => {
  let origin: TestOrigin;
  let listener: Parameters<typeof TestOrigin.start>[0];
  const opened: EgressProxy[] = [];
  const sockets: Socket[] = [];
  const servers: Server[] = [];
  const warnings = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeEach(async () => {
    listener = (_request, response) => response.end('reached');
    origin = await TestOrigin.start((request, response) => listener(request, response));
    warnings.mockClear();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const proxy of opened.splice(0)) proxy.onApplicationShutdown();
    for (const server of servers.splice(0)) server.close();
    await origin.stop();
  });

  const proxyWith = (options: Parameters<typeof testProxy>[0] = { allow: '127.0.0.1' }): EgressProxy => {
    const proxy = testProxy(options);
    opened.push(proxy);
    return proxy;
  };
  const accessTo = (options?: Parameters<typeof testProxy>[0], client: Partial<ProxyClient> = {}) =>
    proxyWith(options).open({ ...CLIENT, ...client });
  const urlOf = (access: ProxyAccess): URL => new URL(access.environment().HTTP_PROXY!);

  /** Credentials of a proxy URL as a header. */
  const authorizationOf = ({ username, password }: URL) => ({
    'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
  });

  async function get(
    proxy: URL,
    path: string,
    headers: Record<string, string> = authorizationOf(proxy),
  ): Promise<Answer> {
    const asking = send({ host: proxy.hostname, port: proxy.port, path, headers, agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    const { statusCode = 0, statusMessage = '' } = answer;
    return { status: statusCode, phrase: statusMessage, headers: answer.headers, body: await text(answer) };
  }

  /** Asks for a tunnel. @returns the socket, or the answer that there is none */
  async function tunnel(proxy: URL, authority: string): Promise<{ status: number; phrase: string; socket: Socket }> {
    const headers = authorizationOf(proxy);
    const asking = send({ host: proxy.hostname, port: proxy.port, path: authority, method: 'CONNECT', headers }).end();
    const [answer, socket] = (await once(asking, 'connect')) as [IncomingMessage, Socket];
    sockets.push(socket);
    return { status: answer.statusCode ?? 0, phrase: answer.statusMessage ?? '', socket };
  }

  async function tcpServer(onConnection: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      onConnection(socket);
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('passes requests and answers on, without the fields that are for the proxy', async () => {
    listener = (request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      request.pipe(response.writeHead(207, 'As Said', { 'x-path': request.url, connection: 'x-gone', 'x-gone': '1' }));
    };
    const proxy = urlOf(await accessTo());
    const headers = { ...authorizationOf(proxy), 'x-own': '1', connection: 'x-hop', 'x-hop': '1', host: 'other.test' };
    const asking = send({
      host: proxy.hostname,
      port: proxy.port,
      path: `${origin.url}/a/../b?c=d`,
      method: 'POST',
      headers,
    });
    asking.write('one ');
    asking.end('two');
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('one two');
    expect([answer.statusCode, answer.statusMessage, answer.headers['x-path']]).toEqual([
      207,
      'As Said',
      '/a/../b?c=d',
    ]);
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers).not.toHaveProperty('x-gone');
    const [received] = origin.requests;
    expect(received!.headers).toMatchObject({ 'x-own': '1', host: `127.0.0.1:${origin.port}` });
    for (const name of ['proxy-authorization', 'x-hop']) expect(received!.headers).not.toHaveProperty(name);
  });

  it('connects tunnels in both directions, also when one side has ended', async () => {
    const port = await tcpServer((socket) => {
      let said = '';
      socket.on('data', (chunk) => (said += String(chunk)));
      socket.on('end', () => socket.end(`heard ${said}`));
    });
    const { status, socket } = await tunnel(urlOf(await accessTo()), `127.0.0.1:${port}`);
    expect(status).toBe(200);
    socket.end('this');
    expect(await text(socket)).toBe('heard this');
  });

  it.each<[string, (url: URL) => Record<string, string>]>([
    ['no credential', () => ({})],
    ['a wrong password', (url) => authorizationOf(Object.assign(new URL(url), { password: 'x'.repeat(32) }))],
    ['an unknown user', (url) => authorizationOf(Object.assign(new URL(url), { username: 'nobody' }))],
    ['another scheme', () => ({ 'proxy-authorization': 'Bearer x' })],
  ])('answers 407 to %s', async (_what, headersFor) => {
    const proxy = urlOf(await accessTo());
    const answer = await get(proxy, `${origin.url}/`, headersFor(proxy));
    expect(answer).toMatchObject({ status: 407, headers: { 'proxy-authenticate': expect.stringContaining('Basic') } });
    expect(answer.body).toContain('HTTP_PROXY');
    expect(origin.connections).toBe(0);
  });

  it('no longer knows the credential of a launch that has ended, and has closed its tunnels', async () => {
    const port = await tcpServer(() => undefined);
    const access = await accessTo();
    const proxy = urlOf(access);
    const { socket } = await tunnel(proxy, `127.0.0.1:${port}`);
    const closed = once(socket, 'close');
    access.close();
    await closed;
    expect(await get(proxy, `${origin.url}/`)).toMatchObject({ status: 407 });
  });

  it.each([
    ...['127.0.0.1', '2130706433', '0x7f.1', '127.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '127%2e0%2e0%2e1'],
    ...['10.0.0.1', '169.254.169.254', '192.168.1.1'],
  ])('reaches neither by request nor by tunnel the private address %s', async (host) => {
    const proxy = urlOf(await accessTo({}));
    const answers = [await get(proxy, `http://${host}:${origin.port}/`), await tunnel(proxy, `${host}:${origin.port}`)];
    for (const { status, phrase } of answers) {
      expect(status).toBe(403);
      expect(phrase).toContain('EGRESS_ALLOW');
    }
    expect(origin.connections).toBe(0);
  });

  it('connects to the address that it has checked, so that a name that flips gains nothing', async () => {
    const resolver = new ScriptedResolver(['127.0.0.2', '127.0.0.1']);
    const permitted = await TestOrigin.start(
      (_request, response) => response.end('permitted'),
      '127.0.0.2',
      origin.port,
    );
    const proxy = urlOf(await accessTo({ allow: '127.0.0.2', resolver }));
    expect(await get(proxy, `http://flips.test:${origin.port}/`)).toMatchObject({ status: 200, body: 'permitted' });
    expect(await get(proxy, `http://flips.test:${origin.port}/`)).toMatchObject({ status: 403 });
    expect(origin.connections).toBe(0);
    await permitted.stop();
  });

  it('reaches the places that the operator has configured, at this port alone', async () => {
    const access = await accessTo({}, { configured: [`${origin.url}/registry`] });
    expect(await get(urlOf(access), `${origin.url}/x`)).toMatchObject({ status: 200 });
    expect(await get(urlOf(access), `http://127.0.0.1:${origin.port === 1 ? 2 : 1}/`)).toMatchObject({ status: 403 });
  });

  it('reaches only what the list of the client names, and says so', async () => {
    const resolver = new ScriptedResolver(['127.0.0.1']);
    const list = [`api.test:${origin.port}`, `*.files.test:${origin.port}`];
    const access = await accessTo({ allow: '127.0.0.1', resolver }, { allowedDomains: list });
    const proxy = urlOf(access);
    const status = async (host: string) => (await get(proxy, `http://${host}:${origin.port}/`)).status;
    expect(await status('api.test')).toBe(200);
    expect(await status('API.test.')).toBe(200);
    expect(await status('one.files.test')).toBe(200);
    for (const host of ['files.test', 'xapi.test', 'api.test.evil.test', '127.0.0.1'])
      expect(await status(host)).toBe(403);
    expect(await tunnel(proxy, 'api.test:1')).toMatchObject({
      status: 403,
      phrase: expect.stringContaining('allowedDomains'),
    });
    expect(access.refusals[0]).toBe(`allowedDomains of server notes does not name files.test:${origin.port}`);
  });

  it('logs a refused host once', async () => {
    const proxy = urlOf(await accessTo({}));
    for (const path of ['a', 'b']) await get(proxy, `http://10.0.0.1/${path}`);
    await get(proxy, 'http://10.0.0.2/');
    const logged = warnings.mock.calls.map(([entry]) => entry as unknown);
    expect(logged).toEqual([
      expect.objectContaining({ tenant: 'acme', program: 'server notes', host: '10.0.0.1', port: 80 }),
      expect.objectContaining({ host: '10.0.0.2', code: 'address_forbidden' }),
    ]);
  });

  it('answers 502 where nothing listens, or the answer is broken', async () => {
    const proxy = urlOf(await accessTo());
    const port = await tcpServer((socket) => socket.end('no HTTP\r\n\r\n'));
    expect(await get(proxy, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 502 });
    for (const socket of sockets) socket.destroy();
    const closed = servers.pop()!;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await tunnel(proxy, `127.0.0.1:${port}`);
    expect(refused).toMatchObject({ status: 502, phrase: `Cannot connect to 127.0.0.1:${port} (ECONNREFUSED)` });
  });

  it('answers 504 when the target is silent, and closes a silent tunnel', async () => {
    const proxy = urlOf(await accessTo({ allow: '127.0.0.1', limits: { idleMs: 50 } }));
    const port = await tcpServer(() => undefined);
    expect(await get(proxy, `http://127.0.0.1:${port}/`)).toMatchObject({ status: 504 });
    const { socket } = await tunnel(proxy, `127.0.0.1:${port}`);
    socket.resume();
    await once(socket, 'close');
  });

  it.each([
    ['GET', '/'],
    ['GET', 'ftp://host.test/'],
    ['GET', 'http:///x'],
  ])('answers 400 to %s %s', async (_method, path) => {
    expect(await get(urlOf(await accessTo()), path)).toMatchObject({ status: 400 });
  });

  it.each(['host.test', 'host.test:0', 'host.test:65536', 'http://host.test:80', 'user@host.test:80', 'a b:80', ':80'])(
    'answers 400 to CONNECT %s',
    async (authority) => {
      const url = urlOf(await accessTo());
      const socket = connect(Number(url.port), url.hostname);
      sockets.push(socket);
      const [field] = Object.entries(authorizationOf(url));
      socket.end(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n${field!.join(': ')}\r\n\r\n`);
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  it('has a limit of connections for each client, and leaves others alone', async () => {
    const proxy = proxyWith({ allow: '127.0.0.1', limits: { connectionsPerClient: 2 } });
    const [one, other] = [await proxy.open(CLIENT), await proxy.open({ ...CLIENT, name: 'server other' })];
    const port = await tcpServer((socket) => socket.resume().on('end', () => socket.end()));
    const held = [await tunnel(urlOf(one), `127.0.0.1:${port}`), await tunnel(urlOf(one), `127.0.0.1:${port}`)];
    expect(held.map(({ status }) => status)).toEqual([200, 200]);
    expect(await tunnel(urlOf(one), `127.0.0.1:${port}`)).toMatchObject({ status: 503 });
    expect(await tunnel(urlOf(other), `127.0.0.1:${port}`)).toMatchObject({ status: 200 });
    held[0]!.socket.destroy();
    await eventually('its place is free', async () => (await tunnel(urlOf(one), `127.0.0.1:${port}`)).status === 200);
  });

  it('looks up the names of a client one by one, so that names without an answer hold up no other client', async () => {
    const asked: string[] = [];
    class SilentResolver extends AddressResolver {
      override resolve(hostname: string): ReturnType<AddressResolver['resolve']> {
        asked.push(hostname);
        return hostname.startsWith('silent') ? new Promise(() => undefined) : super.resolve('127.0.0.1');
      }
    }
    const limits = { connectionsPerClient: 2 };
    const proxy = proxyWith({ allow: '127.0.0.1', resolver: new SilentResolver(), limits });
    const [one, other] = [await proxy.open(CLIENT), await proxy.open({ ...CLIENT, name: 'server other' })];
    const hold = async (name: string): Promise<void> => {
      const socket = connect(Number(urlOf(one).port), '127.0.0.1');
      sockets.push(socket);
      const [field] = Object.entries(authorizationOf(urlOf(one)));
      socket.write(`CONNECT ${name}.test:80 HTTP/1.1\r\nHost: x\r\n${field!.join(': ')}\r\n\r\n`);
      await once(socket, 'ready');
    };
    await hold('silent1');
    await eventually('the first name is asked for', () => asked.length === 1);
    // The program gives up, and asks for other names.
    for (const name of ['silent2', 'silent3', 'silent4']) {
      sockets.pop()!.destroy();
      await hold(name);
    }
    await eventually('too many names wait', async () => {
      const { status, phrase } = await tunnel(urlOf(one), 'silent5.test:80');
      return status === 503 && phrase.startsWith('Too many names');
    });
    expect(await tunnel(urlOf(other), `any.test:${origin.port}`)).toMatchObject({ status: 200 });
    expect(asked).toEqual(['silent1.test', 'any.test']);
  });

  it('drops the oldest connection without a credential, never one of a client', async () => {
    const proxy = proxyWith({ allow: '127.0.0.1', limits: { strangers: 2 } });
    const url = urlOf(await proxy.open(CLIENT));
    const port = await tcpServer((socket) => socket.pipe(socket));
    const { socket } = await tunnel(url, `127.0.0.1:${port}`);
    const strangers: Socket[] = [];
    const closed: number[] = [];
    for (const index of [0, 1, 2]) {
      const stranger = connect(Number(url.port), url.hostname);
      strangers.push(stranger.on('error', () => undefined).on('close', () => closed.push(index)));
      sockets.push(stranger);
      await once(stranger, 'connect');
    }
    await eventually('one of them is closed', () => closed.length === 1);
    expect(closed).toEqual([0]);
    socket.write('still here');
    expect(String((await once(socket, 'data'))[0])).toBe('still here');
  });

  it('refuses headers that are too long', async () => {
    const proxy = urlOf(await accessTo({ allow: '127.0.0.1', limits: { headerBytes: 2000 } }));
    const long = { ...authorizationOf(proxy), 'x-long': 'x'.repeat(3000) };
    expect(await get(proxy, `${origin.url}/`, long)).toMatchObject({ status: 431 });
  });

  it('reads no faster than the program does', async () => {
    let written = 0;
    const port = await tcpServer((socket) => {
      const more = (): void => {
        while (socket.write(Buffer.alloc(65_536))) written += 65_536;
      };
      socket.on('drain', more);
      more();
    });
    const { socket } = await tunnel(urlOf(await accessTo()), `127.0.0.1:${port}`);
    socket.pause();
    // The buffers of the kernel take some MiB. After that the number stays.
    let before = -1;
    await eventually('the target waits', () => {
      const isStill = before === written;
      before = written;
      return isStill;
    });
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('takes connections from a listener of the client without a credential, and not after its end', async () => {
    const access = await accessTo({ allow: '127.0.0.1' });
    const own = createServer();
    await once(own.listen(0, '127.0.0.1'), 'listening');
    access.serve(own);
    const url = new URL(`http://127.0.0.1:${(own.address() as AddressInfo).port}`);
    expect(access.environment(Number(url.port)).HTTPS_PROXY).toBe(url.origin);
    expect(await get(url, `${origin.url}/`, {})).toMatchObject({ status: 200, body: 'reached' });
    const closed = once(own, 'close');
    access.close();
    await closed;
  });
});

describe('The proxy behind a proxy of the operator', () => {
  const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  let outer: TestOrigin;
  let inner: EgressProxy;

  beforeEach(async () => {
    outer = await TestOrigin.start((request, response) => response.end(`asked for ${request.url}`));
    const url = outer.url.replace('//', '//user:pass%40word@');
    Object.assign(process.env, { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '' });
    inner = testProxy({ resolver: new ScriptedResolver(['198.51.100.1', '10.0.0.1']) });
  });
  afterEach(async () => {
    inner.onApplicationShutdown();
    await outer.stop();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it('asks it, with its credentials, for what the gateway permits', async () => {
    const proxy = new URL(
      (await inner.open({ ...CLIENT, configured: ['http://outside.test'] })).environment().HTTP_PROXY!,
    );
    const headers = {
      'proxy-authorization': `Basic ${Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64')}`,
    };
    const get = async (path: string): Promise<[number, string]> => {
      const asking = send({ host: proxy.hostname, port: proxy.port, path, headers, agent: false }).end();
      const [answer] = (await once(asking, 'response')) as [IncomingMessage];
      return [answer.statusCode!, await text(answer)];
    };
    expect(await get('http://outside.test/x')).toEqual([200, 'asked for http://outside.test:80/x']);
    const authorization = `Basic ${Buffer.from('user:pass@word').toString('base64')}`;
    expect(outer.requests[0]!.headers['proxy-authorization']).toBe(authorization);
    expect(await get('http://reserved.test/')).toEqual([403, expect.stringContaining('EGRESS_ALLOW')]);
    expect(await get('http://private.test/')).toEqual([403, expect.stringContaining('EGRESS_ALLOW')]);
    expect(outer.requests).toHaveLength(1);
  });

  it('asks it for tunnels, and goes past it where NO_PROXY says so', async () => {
    const proxy = new URL(
      (await inner.open({ ...CLIENT, configured: ['https://outside.test', outer.url] })).environment().HTTP_PROXY!,
    );
    const headers = {
      'proxy-authorization': `Basic ${Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64')}`,
    };
    const asking = send({
      host: proxy.hostname,
      port: proxy.port,
      path: 'outside.test:443',
      method: 'CONNECT',
      headers,
    }).end();
    const [answer] = (await once(asking, 'connect')) as [IncomingMessage];
    // The test origin answers no CONNECT: it ends the connection.
    expect([answer.statusCode, outer.connections]).toEqual([502, 1]);
    process.env.NO_PROXY = '127.0.0.1';
    const direct = send({
      host: proxy.hostname,
      port: proxy.port,
      path: `${outer.url}/y`,
      headers,
      agent: false,
    }).end();
    const [passed] = (await once(direct, 'response')) as [IncomingMessage];
    expect(await text(passed)).toBe('asked for /y');
  });
});
