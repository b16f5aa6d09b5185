import { ProviderError } from '@manifold/tool-provider';
import { as } from '../../testing/src/callers.js';
import { requestTo } from './server-access.js';
import type { CallableServer } from '@manifold/mcp-hosting';
import { NotSentError, type RawObject, type UpstreamConnection } from '@manifold/mcp-client';

const ENDED = new NotSentError('The server has ended');

/** A server each of whose connections does with a request what is said for it. */
function serverWith(...outcomes: (RawObject | Error)[]): { server: CallableServer; requests: () => number } {
  const connections = outcomes.map((outcome) => {
    const request = () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome));
    return { request } as unknown as UpstreamConnection;
  });
  const server = {
    record: { name: 'weather' },
    secrets: {},
    connect: () => Promise.resolve(connections.shift()!),
  } as unknown as CallableServer;
  return { server, requests: () => outcomes.length - connections.length };
}

const request = (server: CallableServer) =>
  as('alice', (context) => requestTo(server, 'tools/call', { name: 'forecast' }, context));

describe('a request to a server', () => {
  it('goes to the next connection when the first one had ended before it was sent', async () => {
    const { server } = serverWith(ENDED, { content: [] });
    expect(await request(server)).toEqual({ content: [] });
  });

  it('is sent once more, and no more often', async () => {
    const { server, requests } = serverWith(ENDED, ENDED, { content: [] });
    await expect(request(server)).rejects.toBe(ENDED);
    expect(requests()).toBe(2);
  });

  it('is never repeated when the server may have heard of it', async () => {
    const cut = new ProviderError('upstream_unavailable', 'The server exited with code 1');
    const { server, requests } = serverWith(cut, { content: [] });
    await expect(request(server)).rejects.toBe(cut);
    expect(requests()).toBe(1);
  });
});
