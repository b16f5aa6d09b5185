import { randomBytes } from 'node:crypto';
import { invalidRequest } from './json-rpc-error.js';

/** `answer`: the answer to a POST, which ends with its result; `standing`: what GET opens. */
export type StreamKind = 'answer' | 'standing';

/** A place in a stream: after the event with this number. 0: before the first. */
export interface StreamPosition {
  readonly stream: string;
  readonly number: number;
}

const PREFIX: Readonly<Record<StreamKind, string>> = { answer: 'a', standing: 's' };
const EVENT_ID = /^([as][A-Za-z0-9_-]{12}-[0-9a-z]{1,11})\.(\d{1,10})$/;

/** Makes ids of streams that nobody has given out before, in this process or in another. */
export class StreamIds {
  private readonly process = randomBytes(9).toString('base64url');
  private count = 0;

  next(kind: StreamKind): string {
    this.count += 1;
    return `${PREFIX[kind]}${this.process}-${this.count.toString(36)}`;
  }
}

export const isStanding = (stream: string): boolean => stream.startsWith(PREFIX.standing);

/** Unique in the session, and says which stream it belongs to (2025-11-25, basic/transports, "Resumability and redelivery"). */
export const eventId = (stream: string, number: number): string => `${stream}.${number}`;

/** @throws JsonRpcError 400 for what was never the id of an event */
export function readEventId(lastEventId: string): StreamPosition {
  const [, stream, number] = EVENT_ID.exec(lastEventId) ?? [];
  if (stream === undefined) throw invalidRequest('Last-Event-ID is not the id of an event');
  return { stream, number: Number(number) };
}
