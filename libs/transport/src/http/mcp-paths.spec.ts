import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { initialize, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { servedUrl } from './request-checks.js';

describe('The URLs of the MCP endpoints', () => {
  it.each([
    ['/mcp/', '/mcp'],
    ['/mcp//', '/mcp'],
    ['/mcp/?user=a&x=/?', '/mcp?user=a&x=/?'],
    ['/sse/', '/sse'],
    ['/messages/?sessionId=1', '/messages?sessionId=1'],
    ['/mcp/servers/one/mcp/', '/mcp/servers/one/mcp'],
    ['/mcp/sessions/', '/mcp/sessions'],
    ['/.well-known/oauth-protected-resource/mcp/', '/.well-known/oauth-protected-resource/mcp'],
    ['/mcp/servers/', '/mcp/servers/'],
    ['/metrics/?a', '/metrics/?a'],
    ['/', '/'],
    ['/?next=/mcp/', '/?next=/mcp/'],
    ['//mcp', '//mcp'],
    ['/mcp?next=/', '/mcp?next=/'],
  ])('are served with a slash at their end: %s as %s', (url, served) => {
    expect(servedUrl(url)).toBe(served);
  });

  it('are found in time that grows with the length of a URL', () => {
    const url = `${'/'.repeat(1_000_000)}x/`; // a regular expression would take minutes
    expect(servedUrl(url) === url).toBe(true);
  });

  describe('of a gateway', () => {
    let app: TransportApp;
    beforeAll(async () => {
      app = await startTransport();
    });
    afterAll(() => app.discard());

    it('open a session in both spellings, which is the same session in both', async () => {
      const opened = await send(app.url, initialize(), { path: '/mcp/', query: '?mode=dynamic' });
      const session = opened.headers.get('mcp-session-id')!;
      expect(opened.status).toBe(200);
      expect((await withoutBody(app.url, 'DELETE', { session })).status).toBe(200);
      expect((await withoutBody(app.url, 'DELETE', { path: '/mcp/', session })).status).toBe(404);
    });

    it('refuse the same methods in both spellings', async () => {
      for (const path of ['/mcp', '/mcp/', '/sse', '/sse/']) {
        const response = await withoutBody(app.url, 'PUT', { path });
        expect([response.status, response.headers.get('allow')]).toEqual([
          405,
          path.startsWith('/mcp') ? 'GET, POST, DELETE' : 'GET',
        ]);
      }
    });
  });
});
