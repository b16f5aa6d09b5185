import type { Exchange, Fault, ReceivedRequest } from '../http/exchange.js';
import { userOf } from './access-token.js';
import { ApiError, errorOf } from './api-error.js';
import type { ActionDefinition, Catalogue, Integration } from './catalogue.js';
import type { Connection, Connections } from './connections.js';
import { pageOf } from './page.js';
import { ACTIONS, CONNECTIONS, RUN, subjectOf } from './target.js';
import type { Workspace } from './workspace.js';

/** A complete request, and the refusal if its caller is refused. */
export interface Arrival {
  readonly received: ReceivedRequest;
  readonly refusal?: Fault;
}

/** The state of the simulated Integration.app. */
export interface WorkspaceState {
  readonly workspace: Workspace;
  readonly catalogue: Catalogue;
  readonly connections: Connections;
  /** Number of items per page. */
  readonly pageSize: number;
}

/** Answers requests to the API. */
export class Routes {
  constructor(private readonly state: WorkspaceState) {}

  /** Reads the request and identifies the caller. @throws when the client disconnects before the request is complete */
  async receive(exchange: Exchange): Promise<Arrival> {
    const { method = '', url = '', headers } = exchange.request;
    const { pathname: path, searchParams } = new URL(url, 'http://integration-app.test');
    const query = Object.fromEntries(searchParams);
    const action = subjectOf(path, query, this.state.catalogue);
    const text = await exchange.bodyText();
    const received = { method, path, query, headers, action };
    try {
      const user = await userOf(headers.authorization, this.state.workspace);
      return { received: { ...received, user, body: text === '' ? undefined : parsed(text) } };
    } catch (error) {
      if (error instanceof ApiError) return { received: { ...received, body: text }, refusal: error };
      throw error;
    }
  }

  /** @throws ApiError */
  answer(received: ReceivedRequest, exchange: Exchange): void {
    const user = received.user!; // or the request was refused
    const route = `${received.method} ${received.path}`;
    if (route === `GET ${CONNECTIONS}`) exchange.json(200, this.connections(user, received.query));
    else if (route === `GET ${ACTIONS}`) exchange.json(200, this.actions(received.query));
    else if (route === `POST ${RUN}`) exchange.json(200, this.run(user, received));
    else throw errorOf(404, `Cannot ${route}`);
  }

  private connections(user: string, { integrationKey, cursor }: ReceivedRequest['query']): object {
    const { connections, catalogue, pageSize } = this.state;
    const mine = integrationKey === undefined ? connections.of(user) : connections.with(user, integrationKey);
    const items = mine.map((connection) => wireConnection(connection, user, catalogue.get(connection.integrationKey)!));
    return pageOf(items, cursor, pageSize);
  }

  private actions({ integrationId = '', cursor }: ReceivedRequest['query']): object {
    const integration = this.state.catalogue.withId(integrationId);
    if (!integration) throw errorOf(404, `Integration "${integrationId}" not found`);
    const items = integration.actions.map((action) => wireAction(action, integration));
    return pageOf(items, cursor, this.state.pageSize);
  }

  /** Runs an action. The result is the caller and the request, without logs, as from an integration. */
  private run(user: string, { query, body, action }: ReceivedRequest): object {
    const { integrationKey = '', parentKey = '', autoCreate } = query;
    const integration = this.state.catalogue.get(integrationKey);
    const known = integration?.actions.some(({ key }) => key === parentKey);
    if (!known || autoCreate !== 'true') throw errorOf(404, `Action instance "${action}" not found`);
    const mine = this.state.connections.with(user, integrationKey);
    const connection = mine.find(({ disconnected }) => !disconnected);
    if (!connection) throw withoutConnection(integrationKey, mine.length > 0);
    return { output: { user, connection: connection.id, action, input: body }, logs: [] };
  }
}

const withoutConnection = (integration: string, defunct: boolean): ApiError =>
  defunct
    ? new ApiError(400, 'connection', 'connection_is_defunct', `The connection with ${integration} is disconnected`)
    : errorOf(404, `Connection with ${integration} not found`);

const briefly = ({ id, key, name }: Integration): object => ({ id, key, name });

const wireConnection = ({ id, disconnected }: Connection, userId: string, integration: Integration): object => ({
  id,
  name: integration.name,
  userId,
  integrationId: integration.id,
  disconnected,
  integration: briefly(integration),
});

const wireAction = (action: ActionDefinition, integration: Integration): object => ({
  id: `${integration.id}-${action.key}`,
  type: 'api-request-to-external-app',
  ...action,
  integration: briefly(integration),
});

/** @throws ApiError 400 */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw errorOf(400, 'The body is no JSON');
  }
}
