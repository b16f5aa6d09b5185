import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actionOf, answerActionKit, type Generation } from './action-kit.js';
import { ApiError } from './api-error.js';
import type { Exchange, ReceivedRequest } from '../http/exchange.js';
import type { ParagonState } from './paragon-state.js';
import { answerProxy, PROXY_PATH } from './proxy.js';
import { userOf } from './user-token.js';
import { answerZeus } from './zeus.js';

const SDK_PATH = '/sdk/index.js';
const SDK_FILE = join(import.meta.dirname, 'connect-sdk.browser.js');

/** A complete request, and the refusal if its caller is refused. */
export interface Arrival {
  readonly received: ReceivedRequest;
  readonly refusal?: ApiError;
}

/** Passes a request to the part of Paragon that answers it. */
export class Routes {
  constructor(
    private readonly state: ParagonState,
    private readonly publicKey: KeyObject,
  ) {}

  /** Reads the request and identifies the caller. @throws when the client disconnects before the request is complete */
  async receive(exchange: Exchange): Promise<Arrival> {
    const { method = '', url = '', headers } = exchange.request;
    const { pathname: path, searchParams } = new URL(url, 'http://paragon.test');
    const text = await exchange.bodyText();
    const { body, fault } = parsed(text, headers['content-type']);
    const generation = generationOf(path);
    const action = generation && actionOf(generation, method, body);
    const received = { method, path, query: Object.fromEntries(searchParams), headers, body, action };
    if (path === SDK_PATH) return { received };
    try {
      if (/^\/projects\/([^/]+)\//.exec(path)?.[1] !== this.state.projectId) {
        throw new ApiError(404, 'There is no such project', 'not_found');
      }
      const user = await userOf(headers.authorization, this.state.projectId, this.publicKey);
      return { received: { ...received, user }, refusal: fault };
    } catch (error) {
      if (error instanceof ApiError) return { received, refusal: error };
      throw error;
    }
  }

  /** @throws ApiError */
  answer(received: ReceivedRequest, exchange: Exchange): void {
    const { path } = received;
    if (path === SDK_PATH) return exchange.send(200, 'text/javascript', readFileSync(SDK_FILE, 'utf8'));
    const user = received.user!; // or the request was refused
    const generation = generationOf(path);
    if (generation) answerActionKit(generation, user, received, exchange, this.state);
    else if (PROXY_PATH.test(path)) answerProxy(user, received, exchange, this.state);
    else answerZeus(user, received, exchange, this.state);
  }
}

const generationOf = (path: string): Generation | undefined =>
  /^\/projects\/[^/]+\/(actions|tools)$/.exec(path)?.[1] as Generation | undefined;

function parsed(text: string, type: string | undefined): { body?: unknown; fault?: ApiError } {
  if (text === '') return {};
  if (!type?.startsWith('application/json')) return { body: text };
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { body: text, fault: new ApiError(400, 'The body is no JSON', 'bad_request') };
  }
}
