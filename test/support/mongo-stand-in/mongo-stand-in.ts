import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { runCommand } from './commands.js';
import type { MemoryCollection } from './memory-collection.js';
import { readRequest, takeMessages, writeReply } from './wire-message.js';

/**
 * A server in memory, on loopback, that implements the part of the MongoDB wire protocol that MongoStore uses. It is not a MongoDB: it has
 * no durability, replicas, transactions, authentication or TTL monitor, and mingo evaluates its queries. Tests against it show that the
 * code path through Mongoose and the driver works. The same suite with MONGO_URL set tests a real server.
 *
 * The data live as long as this object: `stop` and `start` simulate a server that was unreachable.
 */
export class MongoStandIn {
  /** While true, connections are accepted but get no answer, as in a network that drops packets. */
  silent = false;
  /** The names of the commands that arrived, greetings left out. */
  readonly received: string[] = [];
  /** The namespaces (`database.collection`) that were used. */
  readonly collections = new Map<string, MemoryCollection>();
  private readonly sockets = new Set<Socket>();
  private server?: Server;
  private port = 0;

  get url(): string {
    return `mongodb://127.0.0.1:${this.port}/`;
  }

  /** Listens, always on the same port. */
  async start(): Promise<void> {
    this.server = createServer((socket) => this.serve(socket)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Closes every connection and refuses new ones. */
  async stop(): Promise<void> {
    if (!this.server?.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      if (this.silent) return;
      const { messages, rest } = takeMessages(Buffer.concat([pending, chunk]));
      pending = rest;
      for (const message of messages) socket.write(this.answer(message));
    });
  }

  private answer(message: Buffer): Buffer {
    const request = readRequest(message);
    const [name] = Object.keys(request.command);
    if (!/^(hello|ismaster)$/i.test(name)) this.received.push(name);
    return writeReply(request, runCommand(this.collections, request.command));
  }
}
