import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Fault } from './exchange.js';

/**
 * The behaviour of a simulator in place of its usual answer:
 * - `{ status }`: an error in the form of its API; `retryAfter` is the header, in seconds or as a date;
 * - `{ json }`: this JSON, with 200 unless given;
 * - `{ slowMs }`: the usual answer, but so many milliseconds later;
 * - `{ until }`: the usual answer, but when the promise resolves;
 * - `{ hugeBytes }`: 200 with a JSON object of this size, chunked;
 * - `bad gateway`: 502 with a page of HTML, like a load balancer's;
 * - `not JSON`: 200 with a page of HTML;
 * - `never`: no answer;
 * - `cut`: the head and half of a body, then the connection ends.
 */
export type Behaviour =
  | { readonly status: number; readonly message?: string; readonly retryAfter?: string }
  | { readonly json: unknown; readonly status?: number }
  | { readonly slowMs: number }
  | { readonly until: Promise<unknown> }
  | { readonly hugeBytes: number }
  | 'bad gateway'
  | 'not JSON'
  | 'never'
  | 'cut';

const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Invalid token',
  403: 'The account lacks a permission for this',
  404: 'Not found',
  429: 'Too many requests',
  500: 'Internal server error',
};

/** Makes an error in the form of an API. */
export type FaultOf = (status: number, message: string) => Fault;

/** Performs the behaviour. @returns whether the exchange is finished; false: the usual answer follows */
export async function perform(behaviour: Behaviour, exchange: Exchange, faultOf: FaultOf): Promise<boolean> {
  if (behaviour === 'never') return true;
  if (behaviour === 'cut') exchange.cut();
  else if (behaviour === 'not JSON') exchange.send(200, 'text/html', page('Welcome'));
  else if (behaviour === 'bad gateway') exchange.send(502, 'text/html', page('502 Bad Gateway'));
  else if ('json' in behaviour) exchange.json(behaviour.status ?? 200, behaviour.json);
  else if ('hugeBytes' in behaviour) await exchange.flood(behaviour.hugeBytes);
  else if ('until' in behaviour) return behaviour.until.then(() => false);
  else if ('slowMs' in behaviour) return !(await waited(behaviour.slowMs, exchange.gone));
  else exchange.fail(faultOf(behaviour.status, messageOf(behaviour)), headersOf(behaviour));
  return true;
}

const messageOf = ({ status, message }: { status: number; message?: string }): string =>
  message ?? MESSAGES[status] ?? 'It failed';

const headersOf = ({ retryAfter }: { retryAfter?: string }): Record<string, string> =>
  retryAfter === undefined ? {} : { 'retry-after': retryAfter };

/** Waits. @returns false when the client has disconnected */
function waited(ms: number, gone: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: gone }).catch(() => false);
}

const page = (title: string): string => `<!doctype html><html><head><title>${title}</title></head><body></body></html>`;
