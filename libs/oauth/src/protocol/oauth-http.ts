import { Injectable } from '@nestjs/common';
import { allowInsecureRequests, customFetch, type CustomFetchOptions } from 'oauth4webapi';
import { Egress } from '@manifold/egress';
import { OAuthFlowError, requestError } from './oauth-flow-error.js';
import { OAuthLimits } from './oauth-limits.js';

export interface OAuthRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: HeadersInit;
  readonly body?: BodyInit;
  /** Timeout for the whole exchange. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/**
 * Sends requests to the URLs that a server names for its metadata and its authorization server (threat 24). It allows guarded addresses
 * only, sets one deadline for the whole exchange, and limits the size of responses. Metadata may be redirected within its origin. A POST is
 * not redirected, because it contains credentials.
 *
 * Rejects with OAuthFlowError `unavailable` and `metadata_refused`, or with the reason of the caller's signal.
 */
@Injectable()
export class OAuthHttp {
  constructor(
    private readonly egress: Egress,
    private readonly limits: OAuthLimits,
  ) {}

  /** @returns the response, whatever its status except a redirect, with a complete body */
  async fetch(url: string | URL, { timeoutMs, signal, ...init }: OAuthRequest): Promise<Response> {
    const { host } = new URL(url);
    const deadline = AbortSignal.timeout(timeoutMs);
    const until = signal ? AbortSignal.any([signal, deadline]) : deadline;
    const redirect = init.method === 'POST' ? 'manual' : 'follow';
    try {
      const response = await this.egress.fetch(url, { ...init, redirect, signal: until });
      const text = await this.text(response, host);
      if (isRedirect(response.status)) {
        throw new OAuthFlowError('metadata_refused', `${host} redirects a request that it must answer itself`);
      }
      const { status, headers } = response;
      return new Response(text === '' ? null : text, { status, headers });
    } catch (error) {
      signal?.throwIfAborted();
      throw requestError(error, host);
    }
  }

  /** Returns options with which a function of oauth4webapi sends its request here. */
  options<Body extends BodyInit>({ timeoutMs, signal }: Pick<OAuthRequest, 'timeoutMs' | 'signal'>) {
    return {
      [customFetch]: (url: string, { method, headers, body }: CustomFetchOptions<'POST', Body>): Promise<Response> => {
        const sent = new Headers(headers);
        sent.delete('user-agent'); // it names the library and its version
        return this.fetch(url, { method, headers: sent, body, timeoutMs, signal });
      },
      // Its rule is https everywhere. Ours are `checkUrl`, which allows loopback to servers on loopback, and those of egress.
      [allowInsecureRequests]: true,
    };
  }

  private async text(response: Response, host: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > this.limits.bytes) throw new OAuthFlowError('metadata_refused', `The answer of ${host} is too large`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}
