/** What an integration can do. */
export interface ActionDefinition {
  readonly key: string;
  readonly name: string;
  /** JSON Schema; there are actions without input. */
  readonly inputSchema?: Readonly<Record<string, unknown>>;
}

/** An integration of the workspace. */
export interface Integration {
  readonly id: string;
  readonly key: string;
  /** As people read it. */
  readonly name: string;
  readonly actions: readonly ActionDefinition[];
}

/** The integrations of the workspace and their actions. */
export class Catalogue {
  private readonly integrations = new Map<string, Integration>();

  constructor(integrations: readonly Integration[]) {
    for (const integration of integrations) this.integrations.set(integration.key, integration);
  }

  /** Instead of what the integration had. One that is not known is added. */
  offer(key: string, actions: readonly ActionDefinition[]): void {
    this.integrations.set(key, { ...(this.integrations.get(key) ?? newIntegration(key)), actions });
  }

  get(key: string): Integration | undefined {
    return this.integrations.get(key);
  }

  withId(id: string): Integration | undefined {
    return [...this.integrations.values()].find((integration) => integration.id === id);
  }
}

export const newIntegration = (key: string, name = key, actions: readonly ActionDefinition[] = []): Integration => ({
  id: `integration-${key}`,
  key,
  name,
  actions,
});
