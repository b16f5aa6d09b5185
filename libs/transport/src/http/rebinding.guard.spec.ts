import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { initialize, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { isAllowedHost, isAllowedOrigin, mayChange } from './rebinding.guard.js';

describe('isAllowedHost', () => {
  const config = { allowedHosts: ['gateway.test', '[::1]'] };

  it.each(['gateway.test', 'gateway.test:3001', 'GATEWAY.test', '[::1]:80', '[::1]'])('serves %s', (host) => {
    expect(isAllowedHost(host, config)).toBe(true);
  });

  it.each(['evil.test', 'gateway.test.evil.test', 'evil-gateway.test', 'gateway.test:80:80', '[::2]', '', undefined])(
    'refuses %s',
    (host) => {
      expect(isAllowedHost(host, config)).toBe(false);
    },
  );

  it('serves every host where none is listed', () => {
    expect(isAllowedHost('any.test', { allowedHosts: [] })).toBe(true);
  });
});

describe('isAllowedOrigin', () => {
  const production = {
    environment: 'production' as const,
    publicUrl: 'https://gateway.test/base',
    allowedOrigins: ['https://app.test'],
  };

  it.each(['https://app.test', 'https://gateway.test'])('serves %s', (origin) => {
    expect(isAllowedOrigin(origin, production)).toBe(true);
  });

  it.each(['null', '', 'https://evil.test', 'http://app.test', 'https://app.test.evil.test', 'http://localhost:3000'])(
    'refuses "%s"',
    (origin) => {
      expect(isAllowedOrigin(origin, production)).toBe(false);
    },
  );

  it.each(['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:80'])('serves %s in development', (origin) => {
    expect(isAllowedOrigin(origin, { ...production, environment: 'development' })).toBe(true);
  });

  it.each(['http://localhost.evil.test', 'http://localhost:80@evil.test', 'null'])(
    'refuses "%s" in development too',
    (origin) => {
      expect(isAllowedOrigin(origin, { ...production, environment: 'development' })).toBe(false);
    },
  );
});

describe('mayChange', () => {
  const production = {
    environment: 'production' as const,
    publicUrl: 'http://127.0.0.1:3001',
    allowedOrigins: ['http://localhost:5173'],
  };
  const development = { ...production, environment: 'development' as const };

  it.each([
    ['http://127.0.0.1:3001', 'localhost:3001'],
    ['http://localhost:5173', '127.0.0.1:3001'],
    ['http://localhost:3001', 'LOCALHOST:3001'],
    ['http://[::1]:3001', '[::1]:3001'],
    ['http://localhost', 'localhost'],
  ])('admits a page of %s at %s in development', (origin, host) => {
    expect(mayChange(origin, host, development)).toBe(true);
  });

  it.each([
    ['http://localhost:6274', 'localhost:3001'],
    ['http://localhost:6274', undefined],
    ['http://localhost', 'localhost:3001'],
    ['http://localhost:3001', '127.0.0.1:3001'],
    ['http://evil.test:3001', 'evil.test:3001'],
    ['null', 'localhost:3001'],
  ])('refuses a page of %s at %s in development', (origin, host) => {
    expect(mayChange(origin, host, development)).toBe(false);
  });

  it('admits the listed origins and that of the public URL alone in production', () => {
    const origins = ['http://127.0.0.1:3001', 'http://localhost:5173', 'http://localhost:3001'];
    expect(origins.map((origin) => mayChange(origin, 'localhost:3001', production))).toEqual([true, true, false]);
  });
});

describe('DNS rebinding', () => {
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport();
  });
  afterAll(() => app.discard());

  it.each(['null', 'http://evil.test'])('POST, GET and DELETE of the origin %s answer 403', async (origin) => {
    const headers = { origin };
    const responses = [
      await send(app.url, initialize(), { headers }),
      await withoutBody(app.url, 'GET', { headers }),
      await withoutBody(app.url, 'DELETE', { headers }),
      await fetch(`${app.url}/sse`, { headers: { ...headers, accept: 'text/event-stream' } }),
    ];
    for (const response of responses) {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 }, id: null });
    }
  });

  it('serves a page on loopback, with the headers that its browser needs', async () => {
    const response = await send(app.url, initialize(), { headers: { origin: 'http://localhost:5173' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  });
});
