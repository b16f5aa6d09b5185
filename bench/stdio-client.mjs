/**
 * The floor under every MCP client: JSON-RPC on the pipes of the stdio echo, in a process of its own, without an SDK.
 * Job: { command, args, message, inFlight, warmUpMs, measureMs }.
 */
import { spawn } from 'node:child_process';
import { serveMeasurement } from './measured-window.mjs';

class StdioClient {
  #nextId = 1;
  #pending = new Map();
  #rest = '';

  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout.setEncoding('utf8').on('data', (chunk) => this.#read(chunk));
    this.child.on('exit', (code) => this.#pending.size > 0 && process.exit(code || 1));
  }

  request(method, params, onResult) {
    const id = this.#nextId++;
    this.#pending.set(id, onResult);
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
  }

  #read(chunk) {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      const { id, result } = JSON.parse(line);
      const onResult = this.#pending.get(id);
      this.#pending.delete(id);
      onResult(result);
    }
  }
}

serveMeasurement(async ({ command, args, message, inFlight }) => {
  const client = new StdioClient(command, args);
  const clientInfo = { name: 'bench', version: '1.0.0' };
  await new Promise((resolve) => {
    client.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }, resolve);
  });

  return (untilMs, latencies) =>
    new Promise((resolve) => {
      let busy = inFlight;
      const call = () => {
        const sentAt = performance.now();
        client.request('tools/call', { name: 'echo', arguments: { message } }, (result) => {
          if (result?.content[0].text !== message) throw new Error(`Unexpected result: ${JSON.stringify(result)}`);
          const now = performance.now();
          latencies.add(now - sentAt);
          if (now < untilMs) return call();
          if (--busy === 0) resolve();
        });
      };
      for (let started = 0; started < inFlight; started++) call();
    });
});
