import { once } from 'node:events';
import { WebSocket } from 'undici';
import { GatewayHome } from './programs.mjs';
import { openSession } from './requests.mjs';

const PARALLEL = 16;
/** Opened before the first look at the heap, so that nothing which is made once counts as a session's. */
const WARM_UP_SESSIONS = 200;

/** @returns bytes of heap that one idle session takes, measured after a forced collection */
export async function measureSessionMemory({ sessions }) {
  const home = new GatewayHome();
  const token = await home.createKey();
  const gateway = await home.start(['--inspect=127.0.0.1:0']);
  const inspector = await Inspector.connect(/ws:\/\/\S+/.exec(home.log())[0]);
  try {
    await openMany(gateway.url, token, WARM_UP_SESSIONS);
    const before = await inspector.heapUsed();
    await openMany(gateway.url, token, sessions);
    const after = await inspector.heapUsed();
    return (after - before) / sessions;
  } finally {
    inspector.close();
    await gateway.stop();
    home.remove();
  }
}

async function openMany(url, token, count) {
  let left = count;
  const openSome = async () => {
    while (left-- > 0) await openSession(url, token);
  };
  await Promise.all(Array.from({ length: PARALLEL }, openSome));
}

/** The few words of the inspector protocol that reading a heap takes. */
class Inspector {
  #nextId = 1;

  constructor(socket) {
    this.socket = socket;
  }

  static async connect(url) {
    const socket = new WebSocket(url);
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
    const { result } = await this.send('Runtime.evaluate', { expression: 'process.memoryUsage().heapUsed' });
    return result.value;
  }

  close() {
    this.socket.close();
  }
}
