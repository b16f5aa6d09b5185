/** A user's account with an integration. */
export interface Connection {
  readonly id: string;
  readonly integrationKey: string;
  /** Its credentials no longer work: the user has to reconnect it. */
  disconnected: boolean;
}

/** Which users have connected which integrations, and how often. */
export class Connections {
  private readonly byUser = new Map<string, Connection[]>();
  private created = 0;

  /** One more: a user may have several with one integration. */
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
