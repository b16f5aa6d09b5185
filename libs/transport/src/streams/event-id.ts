import { randomBytes } from 'node:crypto';
import { invalidRequest } from '../json-rpc/json-rpc-error.js';

/** `answer`: the response to a POST, which ends with the result. `standing`: a stream that a client opens with GET. */
export type StreamKind = 'answer' | 'standing';

/** Position in a stream, after the event with this number. 0 is the position before the first event. */
export interface StreamPosition {
  readonly stream: string;
  readonly number: number;
}

const PREFIX: Readonly<Record<StreamKind, string>> = { answer: 'a', standing: 's' };
const EVENT_ID = /^([as][A-Za-z0-9_-]{12}-[0-9a-z]{1,11})\.(\d{1,10})$/;

/** Creates stream ids that are unique across all processes: random bytes per process, and a counter. */
export class StreamIds {
  private readonly process = randomBytes(9).toString('base64url');
  private count = 0;

  next(kind: StreamKind): string {
    this.count += 1;
    return `${PREFIX[kind]}${this.process}-${this.count.toString(36)}`;
  }
}

export const isStanding = (stream: string): boolean => stream.startsWith(PREFIX.standing);

/** Returns an event id that is unique in the session and names its stream (2025-11-25, basic/transports, "Resumability and redelivery"). */
export const eventId = (stream: string, number: number): string => `${stream}.${number}`;

/** @throws JsonRpcError 400 if the value does not have the format of an event id */
export function readEventId(lastEventId: string): StreamPosition {
  const [, stream, number] = EVENT_ID.exec(lastEventId) ?? [];
  if (stream === undefined) throw invalidRequest('Last-Event-ID is not the id of an event');
  return { stream, number: Number(number) };
}
