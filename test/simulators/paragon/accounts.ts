/** A user's account with an integration, as the Connect SDK sees it. */
export interface Credential {
  readonly id: string;
  readonly integrationId: string;
  readonly status: 'VALID';
  readonly configurations: readonly never[];
}

/** Keeps which users have connected which integrations. */
export class Accounts {
  private readonly credentials = new Map<string, Map<string, Credential>>();
  private created = 0;

  connect(user: string, integration: string, integrationId: string): Credential {
    const known = this.credentialOf(user, integration);
    if (known) return known;
    const credential: Credential = {
      id: `credential-${(this.created += 1)}`,
      integrationId,
      status: 'VALID',
      configurations: [],
    };
    const mine = this.credentials.get(user) ?? new Map<string, Credential>();
    this.credentials.set(user, mine.set(integration, credential));
    return credential;
  }

  disconnect(user: string, integration: string): void {
    this.credentials.get(user)?.delete(integration);
  }

  credentialOf(user: string, integration: string): Credential | undefined {
    return this.credentials.get(user)?.get(integration);
  }
}
