import { Injectable } from '@nestjs/common';
import { ParagonConfig } from '@manifold/config';
import type { CallContext } from '@manifold/tool-provider';
import { parseJson } from '@manifold/backend-api';
import type { ProxyRequest } from './openapi/index.js';
import { ParagonHttp } from './paragon-http.js';

/** Paragon's proxy: sends a request to an integration with the user's credentials, which the gateway never sees. */
@Injectable()
export class ParagonProxy {
  private readonly url: string;

  constructor(
    project: ParagonConfig,
    private readonly http: ParagonHttp,
  ) {
    this.url = `${project.proxyUrl}/projects/${project.projectId}/sdk/proxy`;
  }

  /** @returns the integration's answer: parsed where it is JSON, else its text */
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
