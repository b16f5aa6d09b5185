import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';

interface Entry {
  readonly requestId?: string;
  readonly source?: string;
}

describe('The address of a caller', () => {
  let gateway: GatewayProcess;

  afterEach(() => gateway.dispose());

  const start = async (env: Record<string, string>): Promise<void> => {
    gateway = await GatewayProcess.start({ replicas: 1, env });
  };

  /** Sends a change, which is audited, with these headers as they are. @returns the address that was written down */
  async function seenFrom(forwarded: string | readonly string[], host = '127.0.0.1'): Promise<string | undefined> {
    const requestId = `request-${Math.random().toString(36).slice(2).padEnd(12, '0')}`;
    const { port } = new URL(gateway.url);
    await new Promise<void>((resolve, reject) => {
      const headers = { 'x-request-id': requestId, 'x-forwarded-for': [...[forwarded].flat()] };
      const outgoing = send({ host, port, method: 'DELETE', path: '/mcp/servers/nobody', headers }, (answer) => {
        void text(answer).then(() => resolve(), reject);
      });
      outgoing.on('error', reject).end();
    });
    const path = `/audit?requestId=${requestId}`;
    const { body } = await new RestClient(gateway.url).request<{ entries: Entry[] }>('GET', path);
    return body.entries[0]?.source;
  }

  it(cites('limits.proxy', 'is that of the connection unless a proxy is trusted, whatever it says'), async () => {
    await start({});
    for (const forged of ['203.0.113.7', '203.0.113.7, 198.51.100.1', 'unknown', '']) {
      expect(await seenFrom(forged)).toBe('127.0.0.1');
    }
  });

  it(
    cites('limits.proxy', 'is what the last of so many proxies has seen: what callers put before that is not believed'),
    async () => {
      await start({ TRUST_PROXY: '1', AUTH_FAILURES_PER_ADDRESS: '3' });
      expect(await seenFrom('203.0.113.7')).toBe('203.0.113.7');
      expect(await seenFrom('198.51.100.1, 203.0.113.7')).toBe('203.0.113.7');
      expect(await seenFrom(['198.51.100.1', '203.0.113.7'])).toBe('203.0.113.7');
      expect(await seenFrom('203.0.113.7, evil')).toBe('127.0.0.1');
      expect(await seenFrom('')).toBe('127.0.0.1');
      // One who guesses is stopped, whatever they say of themselves, and others are not.
      const guess = async (forwarded: string): Promise<number> => {
        const headers = { authorization: 'Bearer mfk_wrong', 'x-forwarded-for': forwarded };
        return (await fetch(`${gateway.url}/mcp/tools`, { headers })).status;
      };
      const guesses: number[] = [];
      for (let count = 0; count < 4; count += 1) guesses.push(await guess(`198.51.100.${count}, 203.0.113.9`));
      expect(guesses).toEqual([401, 401, 401, 429]);
      expect(await guess('203.0.113.10')).toBe(401);
    },
  );

  it(cites('limits.proxy', 'is the first that is none of the trusted networks'), async () => {
    await start({ TRUST_PROXY: '127.0.0.1, 10.0.0.0/8', HOST: '' });
    expect(await seenFrom('203.0.113.7')).toBe('203.0.113.7');
    expect(await seenFrom('198.51.100.1, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7');
  });
});
