import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect as dial, type AddressInfo, type Socket } from 'node:net';
import { testEgress } from '../testing/src/test-egress.js';
import { TestOrigin } from '../testing/src/test-origin.js';
import { AddressResolver } from './address-resolver.js';
import type { Egress } from './egress.js';

const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** Knows a few names; the proxy alone knows all others. */
class FewNames extends AddressResolver {
  override async resolve(hostname: string): Promise<LookupAddress[]> {
    const address = { 'public.test': '93.184.216.34', 'inside.test': '10.0.0.1', '10.0.0.1': '10.0.0.1' }[hostname];
    if (address === undefined)
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
    return [{ address, family: 4 }];
  }
}

describe('a request of the gateway behind a proxy of the operator', () => {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  const seen: string[] = [];
  const open: Egress[] = [];
  let proxy: Server;
  let origin: TestOrigin;
  /** The answer of the proxy to CONNECT; a text that begins with a digit is a refusal. */
  let onConnect: (socket: Socket, authority: string) => void;

  const egress = (allow?: string): Egress => {
    const created = testEgress({ allow, resolver: new FewNames() });
    open.push(created);
    return created;
  };
  const url = (): string => `http://user:pa%40ss@127.0.0.1:${(proxy.address() as AddressInfo).port}`;

  beforeEach(async () => {
    seen.length = 0;
    proxy = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`);
      request.on('data', () => undefined).on('end', () => response.end('from the proxy'));
    });
    proxy.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
      onConnect(socket as Socket, request.url!);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    origin = await TestOrigin.start((_request, response) => response.end('from the origin'));
    for (const name of VARIABLES) delete process.env[name];
    Object.assign(process.env, { HTTP_PROXY: url(), https_proxy: url() });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.onApplicationShutdown()));
    proxy.closeAllConnections();
    proxy.close();
    await origin.stop();
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const credentials = `Basic ${Buffer.from('user:pa@ss').toString('base64')}`;

  it.each(['public.test', 'only-the-proxy-knows.test', 'public.test:8080'])(
    'is given to it with its whole URL: http to %s',
    async (host) => {
      const response = await egress().fetch(`http://${host}/mcp?a=1`, { method: 'POST', body: '{}' });
      expect(await response.text()).toBe('from the proxy');
      const { text } = await egress().request(`http://${host}/x`, { headers: { accept: '*/*' } });
      expect(text).toBe('from the proxy');
      expect(seen).toEqual([
        `POST http://${host}/mcp?a=1 ${host} ${credentials}`,
        `GET http://${host}/x ${host} ${credentials}`,
      ]);
    },
  );

  it('goes to a tunnel that it opens: https', async () => {
    onConnect = (socket) => {
      const target = dial(origin.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      target.on('data', (data) => socket.write(data));
      target.on('error', () => socket.destroy());
      // The test origin speaks no TLS: it answers the greeting with an error of HTTP.
      socket.on('data', (data) => target.write(data));
      socket.on('error', () => target.destroy());
    };
    await expect(egress().fetch('https://public.test/secret')).rejects.toMatchObject({
      code: 'connect_failed',
      message: expect.not.stringContaining('secret'),
    });
    expect(seen).toEqual([`CONNECT public.test:443 ${credentials}`]);
    expect(origin.connections).toBe(1);
  });

  it('fails in one line when it opens no tunnel, whatever it answers', async () => {
    onConnect = (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\n\r\n<html>\n<h1>No</h1>');
    const error: Error = await egress()
      .fetch('https://public.test/')
      .then(
        () => new Error('it was answered'),
        (thrown: Error) => thrown,
      );
    expect(error).toMatchObject({ name: 'EgressError', code: 'connect_failed' });
    expect(error.message).toBe('The proxy that HTTPS_PROXY of the gateway names answered 403 for public.test:443');
  });

  it.each([
    ['an address', '10.0.0.1'],
    ['a name of such an address', 'inside.test'],
    ['a name of this machine', 'localhost'],
    ['a name of a private network, which the proxy alone knows', 'metadata.google.internal'],
    ['a name without a dot', 'intranet'],
  ])('is not sent to %s that is not public', async (_, host) => {
    for (const scheme of ['http', 'https']) {
      const refused = { name: 'EgressError', code: 'address_forbidden' };
      await expect(egress().fetch(`${scheme}://${host}/`)).rejects.toMatchObject(refused);
      await expect(egress().request(`${scheme}://${host}/`)).rejects.toMatchObject(refused);
    }
    expect(seen).toEqual([]);
  });

  it('is sent to names that EGRESS_ALLOW has, and to URLs of the operator', async () => {
    const { text } = await egress('inside.test,intranet').request('http://inside.test/');
    expect(text).toBe('from the proxy');
    await egress('inside.test,intranet').request('http://intranet/');
    await egress().request('http://intranet/', { policy: 'configured' });
    expect(seen).toHaveLength(3);
  });

  it('goes past it where NO_PROXY says so, under the same rule', async () => {
    process.env.NO_PROXY = `10.0.0.0/8, 127.0.0.1:${origin.port}`;
    const { text } = await egress('127.0.0.1').request(`${origin.url}/`);
    expect(text).toBe('from the origin');
    await expect(egress().fetch('http://10.0.0.1/')).rejects.toMatchObject({ code: 'address_forbidden' });
    expect(seen).toEqual([]);
  });

  it('names the variable, not its value, when that is no HTTP proxy', async () => {
    process.env.HTTP_PROXY = 'socks5://user:pa55word@127.0.0.1:1080';
    await expect(egress().fetch('http://public.test/')).rejects.toMatchObject({
      name: 'EgressError',
      message: 'HTTP_PROXY of the gateway is not the URL of an HTTP proxy',
    });
  });
});
