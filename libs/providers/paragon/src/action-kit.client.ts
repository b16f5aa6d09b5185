import { Injectable } from '@nestjs/common';
import { ParagonConfig } from '@manifold/config';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { ParagonHttp } from './paragon-http.js';

/** Calls ActionKit over HTTP, in both generations of its API. */
@Injectable()
export class ActionKit {
  private readonly url: string;

  constructor(
    private readonly project: ParagonConfig,
    private readonly http: ParagonHttp,
  ) {
    this.url = `${project.actionKitUrl}/projects/${project.projectId}/${project.actionKitApi}`;
  }

  /** @returns the unchanged body of the list: JSON that {@link actionsOf} reads */
  list(context: CallContext): Promise<string> {
    return this.http.send({ url: `${this.url}?limit_to_available=false` }, context);
  }

  /**
   * Runs an action once, without retries.
   * @returns the response of the integration
   */
  async run(action: string, parameters: Readonly<Record<string, unknown>>, context: CallContext): Promise<unknown> {
    const body = this.project.actionKitApi === 'tools' ? { tool: action, parameters } : { action, parameters };
    const text = await this.http.send({ url: this.url, method: 'POST', body }, context);
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new ProviderError('upstream_rejected', `${action} answered with something that is not JSON`, { cause });
    }
  }
}
