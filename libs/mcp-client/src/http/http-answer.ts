import { isObject } from '@manifold/async';
import { EgressError } from '@manifold/egress';
import { ProviderError } from '@manifold/tool-provider';
import { asOwnId } from '../protocol/rpc-values.js';
import { MessageStream, type MessageStreamOptions } from './message-stream.js';

/** Time that a server has to end its stream after the answer, so that the TCP connection can be reused. */
const DRAIN_MS = 1000;

export interface AnswerOptions extends Omit<MessageStreamOptions, 'signal'> {
  /** The id of the request to which the response belongs. */
  readonly id: number;
  /** Aborts the exchange. */
  readonly abort: AbortController;
}

/**
 * Reads the response to one request: its answer, and on an event stream the messages before it. If a stream breaks before
 * the answer, it is resumed if the server sent event ids.
 * @throws unless the answer has been received
 */
export async function readAnswer(response: Response, { id, abort, ...options }: AnswerOptions): Promise<void> {
  let answered = false;
  let drain: NodeJS.Timeout | undefined;
  const onMessage = (message: unknown): void => {
    options.onMessage(message);
    if (answered || !answers(message, id)) return;
    answered = true;
    drain = setTimeout(() => abort.abort(), DRAIN_MS);
  };
  const isOver = (): boolean => answered || abort.signal.aborted;
  try {
    await readMessages(response, { ...options, onMessage, signal: abort.signal }, isOver);
  } catch (error) {
    if (!answered) throw error;
  } finally {
    clearTimeout(drain);
  }
  if (!answered)
    throw new ProviderError('upstream_unavailable', 'The server ended its response without answering the request');
}

async function readMessages(response: Response, options: MessageStreamOptions, isOver: () => boolean): Promise<void> {
  const type = response.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
  if (type === 'application/json') return options.onMessage(await json(response));
  if (type !== 'text/event-stream') {
    await response.body?.cancel();
    throw new ProviderError('upstream_rejected', 'The server answered with neither JSON nor an event stream');
  }
  const stream = new MessageStream(options);
  for (let next = response; ; next = await stream.reopen()) {
    try {
      await stream.read(next);
    } catch (error) {
      if (!stream.isResumable || isTooLarge(error)) throw error;
    }
    if (isOver() || !stream.isResumable) return;
  }
}

const isTooLarge = (error: unknown): boolean => error instanceof EgressError && error.code === 'too_large';

function answers(message: unknown, id: number): boolean {
  if (Array.isArray(message)) return message.some((item) => answers(item, id));
  return isObject(message) && asOwnId(message.id) === id && message.method === undefined;
}

async function json(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text.trim()); // of a byte order mark, too
  } catch {
    throw new ProviderError('upstream_rejected', 'The server sent a response that is not valid JSON');
  }
}
