import { isObject } from '@manifold/async';
import { ProviderError, type ToolDescriptor, type ToolResult, type JsonObject } from '@manifold/tool-provider';
import { ActionTool } from './action-tool.js';

/** An integration that a user has connected at least once. */
export interface ConnectedApp {
  readonly integrationId: string;
  readonly key: string;
  /** The display name. */
  readonly name: string;
}

export interface ConnectedApps {
  /** Integrations with at least one working connection, sorted by key. */
  readonly active: readonly ConnectedApp[];
  /** Keys of integrations that have no working connection any more. */
  readonly disconnected: readonly string[];
}

/** An action as Integration.app describes it. */
export interface ActionDescription {
  readonly key: string;
  readonly name: string;
  readonly inputSchema: JsonObject;
}

const NO_INPUT = { type: 'object', properties: {} };

/** @param skipped called for each connection that cannot be used; the others are still returned */
export function appsOf(connections: readonly unknown[], skipped: () => void): ConnectedApps {
  const active = new Map<string, ConnectedApp>();
  const disconnected = new Set<string>();
  for (const connection of connections) {
    const app = appOf(connection);
    if (!app) skipped();
    else if ((connection as JsonObject).disconnected === true) disconnected.add(app.key);
    else if (!active.has(app.key)) active.set(app.key, app);
  }
  return {
    active: [...active.values()].sort(byKey),
    disconnected: [...disconnected].filter((key) => !active.has(key)).sort(),
  };
}

function appOf(connection: unknown): ConnectedApp | undefined {
  if (!isObject(connection) || !isObject(connection.integration)) return undefined;
  const { key, name, id = connection.integrationId } = connection.integration;
  if (!isName(key) || !isName(id)) return undefined;
  return { integrationId: id, key, name: isName(name) ? name : key };
}

/** @param skipped called for each action that cannot be used */
export function actionsOf(actions: readonly unknown[], skipped: () => void): ActionDescription[] {
  const described = actions.flatMap((action) => {
    const description = actionOf(action);
    if (!description) skipped();
    return description ?? [];
  });
  return described.sort(byKey);
}

/** Reads an action. A missing schema type becomes `object`, as MCP requires. An action whose input is not an object cannot be used. */
function actionOf(action: unknown): ActionDescription | undefined {
  if (!isObject(action) || !isName(action.key)) return undefined;
  const { key, name } = action;
  const schema = action.inputSchema ?? NO_INPUT;
  if (!isObject(schema) || (schema.type ?? 'object') !== 'object') return undefined;
  const inputSchema = schema.type === undefined ? { ...schema, type: 'object' } : schema;
  return { key, name: isName(name) ? name : key, inputSchema };
}

export function toolOf({ key, name }: ConnectedApp, action: ActionDescription): ToolDescriptor {
  const publicName = `${key}_${action.key}`;
  const title = `${name}: ${action.name}`;
  return {
    ref: new ActionTool({ integrationKey: key, integrationName: name, actionKey: action.key }),
    app: key,
    name: action.key,
    publicName,
    definition: { name: publicName, title, description: title, inputSchema: action.inputSchema },
  };
}

/** Returns the output as a tool result. 0, false and "" count as outputs. */
export function resultOf(answer: unknown): ToolResult {
  if (!isObject(answer)) throw new ProviderError('upstream_rejected', 'Integration.app answered with no result');
  const { output } = answer;
  const text = output === undefined || output === null ? 'No output' : JSON.stringify(output);
  return { content: [{ type: 'text', text }] };
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

function byKey(one: { readonly key: string }, two: { readonly key: string }): number {
  if (one.key === two.key) return 0;
  return one.key < two.key ? -1 : 1;
}
