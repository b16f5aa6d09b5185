/** A user's account with an integration. */
export interface Connection {
  readonly id: string;
  readonly integrationKey: string;
  /** Whether its credentials no longer work, so that the user has to reconnect it. */
  disconnected: boolean;
}

/** The connections of users with integrations. A user may have several with one integration. */
export class Connections {
  private readonly byUser = new Map<string, Connection[]>();
  private created = 0;

  /** Adds a connection, also if the user already has one with the integration. */
  connect(user: string, integrationKey: string): Connection {
    const connection = { id: `connection-${(this.created += 1)}`, integrationKey, disconnected: false };
    this.byUser.set(user, [...this.of(user), connection]);
    return connection;
  }

  of(user: string): Connection[] {
    return this.byUser.get(user) ?? [];
  }

  with(user: string, integrationKey: string): Connection[] {
    return this.of(user).filter((connection) => connection.integrationKey === integrationKey);
  }

  remove(user: string, integrationKey: string): void {
    this.byUser.set(
      user,
      this.of(user).filter((connection) => connection.integrationKey !== integrationKey),
    );
  }
}
