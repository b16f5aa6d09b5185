import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SecretsService, type SecretOwner } from '@manifold/secrets';
import { serverKey, takesSecretsAsArguments, type ServerRecord } from './server-record.js';
import { toolAuthParameters } from './tool-auth/tool-auth-type.js';
import { ServerTools } from './server-tools.js';

const NONE: ReadonlySet<string> = new Set();

/**
 * Which parameters agents do not see, because the gateway fills them in: those that the server's operator has named, else those for
 * which anybody in the tenant has stored a secret.
 */
@Injectable()
export class SecretParameters implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(SecretParameters.name);
  /** What listings were last given, by server. */
  private readonly given = new Map<string, ReadonlySet<string>>();
  private unsubscribe?: () => void;

  constructor(
    private readonly secrets: SecretsService,
    private readonly tools: ServerTools,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.secrets.onChanged((owner) => void this.check(owner));
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** Rejects with the errors of the store, the first time. */
  async of(record: ServerRecord): Promise<ReadonlySet<string>> {
    const { tenant, name, secretNames } = record;
    const added = toolAuthParameters(record);
    if (!takesSecretsAsArguments(record)) return added.length === 0 ? NONE : new Set(added);
    if (secretNames) return new Set([...secretNames, ...added]);
    const names = await this.secrets.namesOf(tenant, name);
    this.given.set(serverKey(tenant, name), names);
    return added.length === 0 ? names : new Set([...names, ...added]);
  }

  /** Listings are made anew when they would have other parameters. */
  private async check({ principal: { tenant }, app }: SecretOwner): Promise<void> {
    const before = this.given.get(serverKey(tenant, app));
    if (!before) return;
    try {
      const now = await this.secrets.namesOf(tenant, app);
      if (now.size !== before.size || [...now].some((name) => !before.has(name)))
        this.tools.announceOtherTools({ tenant, app });
    } catch (error) {
      this.logger.warn({ msg: 'the names of secrets cannot be read', tenant, server: app, err: error });
      this.tools.announceOtherTools({ tenant, app });
    }
  }
}
