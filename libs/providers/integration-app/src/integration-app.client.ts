import { Injectable } from '@nestjs/common';
import { IntegrationAppConfig } from '@manifold/config';
import type { CallContext } from '@manifold/tool-provider';
import { allPages } from './all-pages.js';
import { IntegrationAppHttp } from './integration-app-http.js';

/** Identifies an action of an integration. */
export interface ActionAddress {
  readonly integrationKey: string;
  readonly integrationName: string;
  readonly actionKey: string;
}

/** Calls the HTTP API of Integration.app. The returned data is not validated: see the mapper. */
@Injectable()
export class IntegrationAppClient {
  constructor(
    private readonly workspace: IntegrationAppConfig,
    private readonly http: IntegrationAppHttp,
  ) {}

  /** Returns all connections of the principal. */
  connections(context: CallContext): Promise<readonly unknown[]> {
    return allPages((cursor) => this.http.send({ url: this.url('/connections', { cursor }) }, context));
  }

  /** Returns all actions of an integration. */
  actions(integrationId: string, context: CallContext): Promise<readonly unknown[]> {
    return allPages((cursor) => this.http.send({ url: this.url('/actions', { integrationId, cursor }) }, context));
  }

  /** Runs an action once, without retries. */
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
