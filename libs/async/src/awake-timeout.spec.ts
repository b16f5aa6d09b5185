import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { setAwakeTimeout } from './awake-timeout.js';

/** Stops this process, as a busy machine does. */
const standStill = (milliseconds: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

describe('setAwakeTimeout', () => {
  it('does not count the time in which the process stood still: what has arrived meanwhile is read first', async () => {
    const server = createServer((socket) => void socket.end('answer')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const order: string[] = [];
    const over = new Promise<void>((resolve) => {
      setAwakeTimeout(() => {
        order.push('time');
        resolve();
      }, 100);
    });
    socket.on('data', () => order.push('data'));
    standStill(300);
    await over;
    expect(order).toEqual(['data', 'time']);
    server.close();
  });

  it('is over once, and never when it was cleared', async () => {
    let calls = 0;
    const count = (): void => void (calls += 1);
    setAwakeTimeout(count, 10);
    const clear = setAwakeTimeout(count, 10);
    clear();
    await new Promise<void>((resolve) => setAwakeTimeout(resolve, 100));
    expect(calls).toBe(1);
  });
});
