import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands before a TCP server and does to its connections what networks do. */
export class FaultProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private refuses = false;
  private swallows = false;
  private delayMs = 0;
  private overheard?: Map<Socket, Buffer[]>;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (socket) => this.join(socket));
  }

  /** @param target port on loopback */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resets all connections, and each new one at once. */
  cut(): void {
    this.refuses = true;
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Connections stay open, and nothing gets through any more: what is sent meanwhile is lost. */
  swallow(): void {
    this.swallows = true;
  }

  /** Milliseconds that each piece of data takes longer, in both directions. */
  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  /** @returns everything that passes from now on, in either direction: what one end says is in one piece */
  overhear(): () => Buffer {
    const overheard = new Map<Socket, Buffer[]>();
    this.overheard = overheard;
    return () => Buffer.concat([...overheard.values()].flat());
  }

  /** Ends all faults. Connections that lost bytes to `swallow` are closed: their streams have holes. */
  heal(): void {
    if (this.swallows) for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
    this.refuses = false;
    this.swallows = false;
    this.delayMs = 0;
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    if (this.refuses) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(this.target, '127.0.0.1');
    const pair = [client, upstream] as const;
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    this.forward(client, upstream);
    this.forward(upstream, client);
  }

  /** In order, also what comes when the delay has become shorter. */
  private forward(from: Socket, to: Socket): void {
    let late = 0;
    let last = Promise.resolve();
    from.on('data', (data: Buffer) => {
      if (this.swallows) return;
      this.overheard?.set(from, [...(this.overheard.get(from) ?? []), data]);
      if (this.delayMs === 0 && late === 0) return void to.write(data);
      const waited = sleep(this.delayMs);
      late += 1;
      last = Promise.all([last, waited]).then(() => {
        late -= 1;
        if (to.writable) to.write(data);
      });
    });
  }
}
