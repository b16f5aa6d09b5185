import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SecretsService, type SecretOwner } from '@manifold/secrets';
import {
  serverKey,
  takesSecretsAsArguments,
  type ServerRecord,
  tokenProviderOf,
  ServerTools,
} from '@manifold/mcp-hosting';

/** Parameters that the gateway adds to the calls of a server that authorizes its users by tools. */
export const USER_PARAMETER = 'userCredentials';
const CLIENT_PARAMETERS: Readonly<Record<string, string>> = { google: 'gauthFileContent' };

export const clientParameter = (provider: string): string => CLIENT_PARAMETERS[provider] ?? 'clientCredentials';

const NONE: ReadonlySet<string> = new Set();

/**
 * Finds the parameters that agents do not see because the gateway fills them in. These are the secret names that the operator has set
 * for the server. If there are none, they are the names of all secrets that users of the tenant have stored for it.
 */
@Injectable()
export class SecretParameters implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(SecretParameters.name);
  /** The names that the last listing of each server got. */
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

  /** Returns the hidden parameters of a server. Rejects with errors of the store on the first read. */
  async of(record: ServerRecord): Promise<ReadonlySet<string>> {
    const { tenant, name, secretNames } = record;
    const added = toolAuthParameters(record);
    if (!takesSecretsAsArguments(record)) return added.length === 0 ? NONE : new Set(added);
    if (secretNames) return new Set([...secretNames, ...added]);
    const names = await this.secrets.namesOf(tenant, name);
    this.given.set(serverKey(tenant, name), names);
    return added.length === 0 ? names : new Set([...names, ...added]);
  }

  /** Announces a change of tools if the hidden parameters of a server have changed. */
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

function toolAuthParameters(record: ServerRecord): readonly string[] {
  const provider = tokenProviderOf(record);
  return provider === undefined ? [] : [USER_PARAMETER, clientParameter(provider)];
}
