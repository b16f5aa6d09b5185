import { Injectable } from '@nestjs/common';
import { IntegrationAppConfig } from '@manifold/config';
import type { CallContext } from '@manifold/tool-provider';
import { allPages } from './all-pages.js';
import { IntegrationAppHttp } from './integration-app-http.js';

/** Which action of which integration. */
export interface ActionAddress {
  readonly integrationKey: string;
  readonly integrationName: string;
  readonly actionKey: string;
}

/** The API of Integration.app over HTTP. Nothing that it returns has been looked at: see the mapper. */
@Injectable()
export class IntegrationAppClient {
  constructor(
    private readonly workspace: IntegrationAppConfig,
    private readonly http: IntegrationAppHttp,
  ) {}

  /** The connections of the principal, of all pages. */
  connections(context: CallContext): Promise<readonly unknown[]> {
    return allPages((cursor) => this.http.send({ url: this.url('/connections', { cursor }) }, context));
  }

  /** The actions of an integration, of all pages. */
  actions(integrationId: string, context: CallContext): Promise<readonly unknown[]> {
    return allPages((cursor) => this.http.send({ url: this.url('/actions', { integrationId, cursor }) }, context));
  }

  /** Runs an action once. */
  run(
    { integrationKey, integrationName, actionKey }: ActionAddress,
    input: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<unknown> {
    const url = this.url('/action-instance/run', { autoCreate: 'true', integrationKey, parentKey: actionKey });
    return this.http.send({ url, body: input, app: integrationName }, context);
  }

  private url(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const query = new URLSearchParams(given).toString();
    return `${this.workspace.apiUrl}${path}${query === '' ? '' : `?${query}`}`;
  }
}
