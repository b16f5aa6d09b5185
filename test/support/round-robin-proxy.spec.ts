import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { RoundRobinProxy } from './round-robin-proxy.js';

/** It answers before it has read the body. */
const TARGET = `
  const server = require('node:http').createServer((request, response) => response.writeHead(413).end('too much'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

describe('The proxy in front of replicas', () => {
  let proxy: RoundRobinProxy;
  const targets: ChildProcess[] = [];

  /** In a process of its own, as replicas are, so that it can be quicker than the proxy. */
  async function addTarget(): Promise<void> {
    const target = spawn(process.execPath, ['-e', TARGET], { stdio: ['ignore', 'pipe', 'inherit'] });
    targets.push(target);
    const [port] = (await once(target.stdout, 'data')) as [Buffer];
    proxy.targets.push(Number(port.toString()));
  }

  beforeEach(async () => {
    proxy = await RoundRobinProxy.start();
    await addTarget();
    await addTarget();
  });

  afterEach(async () => {
    await proxy.stop();
    for (const target of targets.splice(0)) target.kill();
  });

  it('takes the rest of a body that a target does not want, so that its client can go on', async () => {
    const body = 'x'.repeat(7e6);
    for (let round = 0; round < 10; round += 1) {
      for (const sent of [body, body, 'x']) {
        const answer = await fetch(proxy.url, { method: 'POST', body: sent, signal: AbortSignal.timeout(60_000) });
        expect([answer.status, await answer.text()]).toEqual([413, 'too much']);
      }
    }
  });
});
