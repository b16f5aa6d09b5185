/** An action: its name, its description, and its parameters as JSON Schema. */
export interface ActionDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** An integration of the project. */
export interface Integration {
  /** The name in APIs: `slack`, `custom.spotify`. */
  readonly key: string;
  readonly id: string;
  /** The display name. */
  readonly name: string;
  readonly isActive: boolean;
  readonly actions: readonly ActionDefinition[];
}

/** The integrations of the project and their actions. */
export class Catalogue {
  private readonly integrations = new Map<string, Integration>();
  private readonly owners = new Map<string, Integration>();

  constructor(integrations: readonly Integration[]) {
    this.replace(integrations);
  }

  get all(): readonly Integration[] {
    return [...this.integrations.values()];
  }

  /** The active integrations. Only they have actions and can be connected. */
  get active(): readonly Integration[] {
    return this.all.filter(({ isActive }) => isActive);
  }

  get(key: string): Integration | undefined {
    return this.integrations.get(key);
  }

  /** Returns the active integration that has this action. */
  ownerOf(action: string): Integration | undefined {
    return this.owners.get(action);
  }

  /** Replaces the actions of the integration, and adds the integration if it is unknown. */
  offer(key: string, actions: readonly ActionDefinition[]): void {
    const known = this.integrations.get(key) ?? newIntegration(key);
    this.replace([...this.integrations.set(key, { ...known, actions }).values()]);
  }

  setActive(key: string, isActive: boolean): void {
    const known = this.integrations.get(key);
    if (!known) throw new Error(`No integration ${key}`);
    this.replace([...this.integrations.set(key, { ...known, isActive }).values()]);
  }

  replace(integrations: readonly Integration[]): void {
    this.integrations.clear();
    this.owners.clear();
    for (const integration of integrations) this.integrations.set(integration.key, integration);
    for (const integration of this.active) {
      for (const { name } of integration.actions) this.owners.set(name, integration);
    }
  }
}

/** Returns an active integration without actions. */
export function newIntegration(key: string, name = key): Integration {
  return { key, id: `integration-${key}`, name, isActive: true, actions: [] };
}
