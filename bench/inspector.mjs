import { once } from 'node:events';
import { WebSocket } from 'undici';

/** With this argument Node says in its log where its inspector is. */
export const INSPECTED = '--inspect=127.0.0.1:0';

/** The few words of the inspector protocol that reading a heap takes. */
export class Inspector {
  #nextId = 1;

  constructor(socket) {
    this.socket = socket;
  }

  /** @param home of a gateway that was started with `INSPECTED` */
  static async connect(home) {
    const socket = new WebSocket(/ws:\/\/\S+/.exec(home.log())[0]);
    await once(socket, 'open');
    return new Inspector(socket);
  }

  async send(method, params) {
    const id = this.#nextId++;
    this.socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [{ data }] = await once(this.socket, 'message');
      const answer = JSON.parse(data);
      if (answer.id === id) return answer.result;
    }
  }

  async heapUsed() {
    // Twice: finalizers of the first collection free what only the second one finds.
    await this.send('HeapProfiler.collectGarbage');
    await this.send('HeapProfiler.collectGarbage');
    return this.evaluate('process.memoryUsage().heapUsed');
  }

  /** @returns the value of an expression, which is a number or a text */
  async evaluate(expression) {
    const { result } = await this.send('Runtime.evaluate', { expression });
    return result.value;
  }

  close() {
    this.socket.close();
  }
}
