import { Injectable } from '@nestjs/common';
import { ParagonConfig } from '@manifold/config';
import type { CallContext } from '@manifold/tool-provider';
import { ParagonHttp } from './paragon-http.js';

/** Reads the integrations of the project from Paragon's API ("Zeus"). */
@Injectable()
export class Integrations {
  private readonly url: string;

  constructor(
    project: ParagonConfig,
    private readonly http: ParagonHttp,
  ) {
    this.url = `${project.zeusUrl}/projects/${project.projectId}/sdk/integrations`;
  }

  /** @returns the unchanged body of the list: JSON that {@link activeIntegrationsOf} reads */
  list(context: CallContext): Promise<string> {
    return this.http.send({ url: this.url }, context);
  }
}
