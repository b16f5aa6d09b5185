import { randomUUID } from 'node:crypto';
import { sendSse } from './event-stream.mjs';

/** The sessions of the HTTP upstream, each with the stream that its client listens on. */
export class Sessions {
  #sessions = new Map();
  /** The number of sessions ever opened, which shows clients that initialise again. */
  opened = 0;

  get size() {
    return this.#sessions.size;
  }

  open(channel) {
    const id = randomUUID();
    this.#sessions.set(id, { channel, stream: undefined });
    this.opened += 1;
    return id;
  }

  get(id) {
    return this.#sessions.get(id);
  }

  listen(id, stream) {
    const session = this.#sessions.get(id);
    session.stream = stream;
    session.channel.elsewhere = (message) => sendSse(stream, message);
  }

  close(id) {
    this.#sessions.get(id)?.stream?.end();
    this.#sessions.delete(id);
  }

  drop() {
    for (const id of [...this.#sessions.keys()]) this.close(id);
  }

  broadcast(message) {
    for (const { stream } of this.#sessions.values()) if (stream) sendSse(stream, message);
  }
}
