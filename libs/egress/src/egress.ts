import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Cancellation } from '@manifold/async';
import { Config } from '@manifold/config';
import { processCounter } from '@manifold/metrics';
import { Agent, fetch, type Dispatcher } from 'undici';
import { addressPolicyOf, type AddressPolicy } from './address-policy.js';
import { AddressResolver } from './address-resolver.js';
import { boundedResponse } from './bounded-response.js';
import { guardedConnector, plainConnector } from './connector.js';
import { EgressError } from './egress-error.js';
import { EgressLimits } from './egress-limits.js';
import { hasOperatorsProxy } from './proxy/operators-proxy.js';
import { ProxiedDispatcher } from './proxied-dispatcher.js';
import { redirectedInit, redirectTarget } from './redirect.js';
import { requestWhole, type WholeAnswer } from './whole-answer.js';

const requests = processCounter(
  'manifold_egress_requests_total',
  'Outgoing HTTP requests: the class of the status, or why there was no answer',
  'outcome',
);

const MAX_REDIRECTS = 5;

/** The address check of a request. `configured`: the operator wrote this URL into the environment, so its address is not checked. */
type Policy = 'guarded' | 'configured';

export interface WholeRequest {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: Cancellation;
  readonly policy?: Policy;
}

export type EgressInit = RequestInit & {
  readonly policy?: Policy;
  /** Removes the time limit for the headers of the response. Only the caller's signal ends the waiting. */
  readonly longPoll?: boolean;
};

/**
 * The only HTTP client of the gateway.
 *
 * - It dials public addresses, and other addresses only if EGRESS_ALLOW names them.
 * - It asks the operator's proxy where HTTP_PROXY, HTTPS_PROXY and NO_PROXY say so, under the same rule of addresses.
 * - It follows redirects within one origin only.
 * - It limits the time and the size of responses ({@link EgressLimits}).
 *
 * Rejects with EgressError. If `init.signal` has aborted, it closes the socket and rejects with the signal's reason. Reading a body can
 * fail in the same ways.
 */
@Injectable()
export class Egress implements OnApplicationShutdown {
  /** The agents are separate: a connection to an unchecked address must not be reused for a checked request. */
  private readonly agents: Readonly<Record<Policy, Dispatcher>>;

  constructor(
    config: Config,
    resolver: AddressResolver,
    private readonly limits: EgressLimits,
  ) {
    const policy = addressPolicyOf(config);
    const timeouts = { headersTimeout: limits.headersMs, bodyTimeout: 0 };
    const guarded = new Agent({ ...timeouts, connect: guardedConnector(policy, resolver, limits.connectMs) });
    const configured = new Agent({ ...timeouts, connect: plainConnector(limits.connectMs) });
    const behindProxy = (agent: Agent, rule?: { policy: AddressPolicy; resolver: AddressResolver }): Dispatcher =>
      hasOperatorsProxy() ? new ProxiedDispatcher(agent, timeouts, rule, limits.connectMs) : agent;
    this.agents = { guarded: behindProxy(guarded, { policy, resolver }), configured: behindProxy(configured) };
  }

  async fetch(input: string | URL, init: EgressInit = {}): Promise<Response> {
    const { policy = 'guarded', longPoll = false, ...given } = init;
    const agent = this.agents[policy];
    const dispatcher = longPoll ? agent.compose(withoutHeadersTimeout) : agent;
    let url = checkedUrl(input);
    let request: RequestInit = given;
    for (let followed = 0; ; followed += 1) {
      const response = await this.send(url, request, dispatcher);
      const target = request.redirect === 'manual' ? undefined : await redirect(response, url);
      if (!target) return boundedResponse(response, url.host, this.limits, request.signal ?? undefined);
      if (followed === MAX_REDIRECTS || request.redirect === 'error') {
        throw new EgressError('redirect_forbidden', `${url.host} redirects too often`);
      }
      request = redirectedInit(response.status, request, url.host);
      url = target;
    }
  }

  /**
   * Sends a request and reads its response to the end, at a third of the cost of `fetch` and its streams. Redirects are returned, not
   * followed.
   */
  async request(input: string | URL, options: WholeRequest = {}): Promise<WholeAnswer> {
    const { policy = 'guarded', method = 'GET', signal, headers, body } = options;
    const { origin, host, pathname, search } = checkedUrl(input);
    try {
      const request = { origin, path: pathname + search, method, headers, body };
      const answer = await requestWhole(this.agents[policy], request, {
        host,
        limits: this.limits,
        cancellation: signal,
      });
      answered(answer.status);
      return answer;
    } catch (error) {
      throw failed(error, host, signal);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.agents.guarded.destroy(), this.agents.configured.destroy()]);
  }

  private async send(url: URL, request: RequestInit, dispatcher: Dispatcher): Promise<Response> {
    try {
      // undici's fetch and Node's fetch are two versions of the same code: only their types differ.
      const init = { ...request, redirect: 'manual', dispatcher } as Parameters<typeof fetch>[1];
      const response = (await fetch(url, init)) as unknown as Response;
      answered(response.status);
      return response;
    } catch (error) {
      throw failed(error, url.host, request.signal);
    }
  }
}

const answered = (status: number): void => requests.of(STATUS_CLASSES[Math.floor(status / 100)] ?? 'other').add();
const STATUS_CLASSES = ['', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** @returns the error for the caller */
function failed(
  error: unknown,
  host: string,
  signal: Pick<AbortSignal, 'aborted' | 'reason'> | null | undefined,
): unknown {
  if (signal?.aborted) {
    requests.of('aborted').add();
    return signal.reason;
  }
  const known = inOurWords(error, host);
  requests.of(known instanceof EgressError ? known.code : 'other').add();
  return known;
}

const withoutHeadersTimeout: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch({ ...options, headersTimeout: 0 }, handler);

/** Returns the target of a redirect, and cancels the body of the redirect. */
async function redirect(response: Response, url: URL): Promise<URL | undefined> {
  try {
    const target = redirectTarget(response, url);
    if (target) await response.body?.cancel();
    return target;
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}

function checkedUrl(input: string | URL): URL {
  const url = URL.parse(String(input));
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new EgressError('unsupported_url', 'Only http and https URLs can be requested');
  }
  if (url.username !== '' || url.password !== '') {
    throw new EgressError('unsupported_url', `The URL of ${url.host} must not contain credentials`);
  }
  return url;
}

function inOurWords(error: unknown, host: string): unknown {
  const cause = error instanceof TypeError ? error.cause : error;
  if (cause === undefined || cause instanceof EgressError) return cause ?? error;
  const { code } = cause as { code?: unknown };
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return new EgressError('timeout', `${host} did not answer in time`, { cause });
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return new EgressError('timeout', `${host} took too long to send its answer`, { cause });
  }
  return new EgressError('connection_lost', `The connection to ${host} broke`, { cause });
}
