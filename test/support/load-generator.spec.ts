import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const LOAD_GENERATOR = join(import.meta.dirname, '../../bench/load-generator.mjs');
const REQUEST = { head: 'POST /mcp HTTP/1.1\r\nhost: localhost\r\n', before: '{"id":', after: ',"text":"grüß"}' };

let server: Server;
let load: ChildProcess;

afterEach(() => {
  load.kill();
  server.close();
});

async function start(listener: RequestListener, expected = 'grüß', inFlight = 4): Promise<void> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  load = fork(LOAD_GENERATOR, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  load.send({ port, requests: [REQUEST], expected, inFlight, warmUpMs: 20, measureMs: 1_000 });
}

async function told(message?: string): Promise<unknown> {
  const answer = once(load, 'message');
  if (message !== undefined) load.send(message);
  return (await answer)[0];
}

describe('the load generator of the benchmark', () => {
  it('counts in the measured window exactly the calls that the server answered', async () => {
    let answered = 0;
    const ids = new Set<number>();
    let mostOpen = 0;
    let open = 0;
    await start((request, response) => {
      mostOpen = Math.max(mostOpen, ++open);
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; text: string };
        ids.add(body.id);
        answered++;
        open--;
        // Small and chunked answers alternate, and the chunked ones arrive in pieces.
        if (answered % 2 === 0) return response.end(JSON.stringify(body));
        response.write('data: ');
        setImmediate(() => response.end(`${JSON.stringify(body)}\n\n`));
      });
    });

    expect(await told()).toBe('warm');
    const before = answered;
    expect(await told('measure')).toBe('measured');
    const measured = answered - before;
    const summary = (await told('sum up')) as { calls: number; p50: number; p99: number };

    expect(measured).toBeGreaterThan(4);
    expect(summary.calls).toBe(measured);
    expect(summary.p99).toBeGreaterThanOrEqual(summary.p50);
    expect(ids.size).toBeGreaterThanOrEqual(answered / 4);
    expect(mostOpen).toBeLessThanOrEqual(4);
  });

  it.each<[string, RequestListener]>([
    ['an error status', (_, response) => response.writeHead(500).end('grüß')],
    ['another body', (_, response) => response.end('{"error":"no"}')],
    ['a closed connection', (request) => request.socket.destroy()],
  ])('ends with a fault at %s', async (_, listener) => {
    await start(listener);
    const [code] = (await once(load, 'exit')) as [number];

    expect(code).toBe(1);
  });
});
