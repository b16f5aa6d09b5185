import { Injectable } from '@nestjs/common';
import { ParagonConfig } from '@manifold/config';
import { type CallContext, parseJson } from '@manifold/tool-provider';
import type { ProxyRequest } from './openapi/index.js';
import { ParagonHttp } from './paragon-http.js';

/** Sends requests through Paragon's proxy, which adds the user's credentials for the integration. The gateway never sees them. */
@Injectable()
export class ParagonProxy {
  private readonly url: string;

  constructor(
    project: ParagonConfig,
    private readonly http: ParagonHttp,
  ) {
    this.url = `${project.proxyUrl}/projects/${project.projectId}/sdk/proxy`;
  }

  /** @returns the response of the integration: parsed if it is JSON, else its text */
  async send({ integration, method, url, headers, body }: ProxyRequest, context: CallContext): Promise<unknown> {
    const request = {
      url: `${this.url}/${encodeURIComponent(integration)}`,
      method,
      headers: { ...headers, 'x-paragon-proxy-url': url },
      body,
    };
    const text = await this.http.send(request, context);
    return parseJson(text) ?? text;
  }
}
