type Payload = Record<string, unknown> & { accountId?: string; grantId?: string; uid?: string; consumed?: number };

/** The records of oidc-provider: tokens, sessions, grants, clients. They are in memory, without a limit. */
export class Records {
  private readonly models = new Map<string, Map<string, Payload>>();

  /** Returns the adapter of one of its models (docs of oidc-provider, `adapter`). */
  readonly adapter = (model: string): object => {
    const records = this.of(model);
    const byUid = (uid: string) => [...records.values()].find((payload) => payload.uid === uid);
    return {
      upsert: async (id: string, payload: Payload) => void records.set(id, payload),
      find: async (id: string) => records.get(id),
      findByUid: async (uid: string) => byUid(uid),
      findByUserCode: async () => undefined,
      consume: async (id: string) => void (records.get(id)!.consumed = Math.floor(Date.now() / 1000)),
      destroy: async (id: string) => void records.delete(id),
      revokeByGrantId: async (grantId: string) => this.remove(model, (payload) => payload.grantId === grantId),
    };
  };

  /** Removes the records of these models that belong to the account, or to any account if none is given. */
  forget(models: readonly string[], account?: string): void {
    for (const model of models) this.remove(model, ({ accountId }) => account === undefined || accountId === account);
  }

  count(model: string): number {
    return this.of(model).size;
  }

  private remove(model: string, test: (payload: Payload) => boolean): void {
    for (const [id, payload] of this.of(model)) if (test(payload)) this.of(model).delete(id);
  }

  private of(model: string): Map<string, Payload> {
    const known = this.models.get(model) ?? new Map<string, Payload>();
    this.models.set(model, known);
    return known;
  }
}
