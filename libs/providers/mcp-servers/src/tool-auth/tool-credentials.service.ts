import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ConnectLinks } from '@manifold/oauth';
import { SecretsService } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import type { ServerRecord } from '../server-record.js';
import type { Secrets } from '../server-run.js';
import { isObject } from '../upstream/rpc-values.js';
import { clientParameter, toolProviderOf, USER_PARAMETER } from './tool-auth-type.js';

/** What a call of a server takes along that authorizes its users by tools. */
export interface ToolCredentials {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The values in them that nobody may see, by where they are. */
  readonly secrets: Secrets;
}

/** No name of a secret: users cannot set, read or delete it as one. */
const PREFIX = 'oauth2:';
const SECRET_MEMBER = /token$|secret|key$|password/i;

/** The tokens of users for servers that authorize them by tools: among the sealed secrets of the user for the server. */
@Injectable()
export class ToolCredentialsService {
  constructor(
    private readonly config: Config,
    private readonly secrets: SecretsService,
    private readonly links: ConnectLinks,
  ) {}

  /** The secrets that users have set themselves. */
  static without(secrets: Secrets): Secrets {
    const names = Object.keys(secrets);
    if (!names.some((name) => name.startsWith(PREFIX))) return secrets;
    return Object.fromEntries(Object.entries(secrets).filter(([name]) => !name.startsWith(PREFIX)));
  }

  /** What the gateway's client is at a provider. @throws ProviderError where there is none */
  clientAt(provider: string): ToolCredentials {
    const client = Object.hasOwn(this.config.toolOAuthClients, provider) && this.config.toolOAuthClients[provider];
    if (!client) throw new ProviderError('upstream_unavailable', `The gateway has no OAuth client for ${provider}`);
    return { parameters: { [clientParameter(provider)]: client }, secrets: secretsIn(client) };
  }

  /** @throws ProviderError `reauth_required` with a link, `upstream_unavailable` */
  async of(principal: Principal, record: ServerRecord, provider: string): Promise<ToolCredentials> {
    const client = this.clientAt(provider);
    const tokens = await this.tokensOf(principal, record.name, provider);
    if (!tokens) throw await this.consentFor(principal, record, provider);
    return {
      parameters: { ...client.parameters, [USER_PARAMETER]: tokens },
      secrets: { ...client.secrets, ...secretsIn(tokens) },
    };
  }

  /** @returns undefined where the user has not connected. @throws ProviderError `upstream_unavailable` */
  async tokensOf(principal: Principal, server: string, provider: string): Promise<object | undefined> {
    const name = `${PREFIX}${provider}`;
    try {
      const text = (await this.secrets.open({ principal, app: server }, [name]))[name];
      return text === undefined ? undefined : (JSON.parse(text) as object);
    } catch (cause) {
      throw new ProviderError('upstream_unavailable', `Your account for server ${server} cannot be read`, { cause });
    }
  }

  keep(principal: Principal, server: string, provider: string, tokens: object): Promise<void> {
    return this.secrets.set({ principal, app: server }, `${PREFIX}${provider}`, JSON.stringify(tokens));
  }

  /** @returns a link on which the user connects. @throws errors of the store */
  linkFor(principal: Principal, record: ServerRecord): Promise<string> {
    const { name } = record;
    const provider = toolProviderOf(record)!;
    return this.links.create({ owner: { principal, server: name }, server: { name, url: '' }, provider });
  }

  private async consentFor(principal: Principal, record: ServerRecord, provider: string): Promise<ProviderError> {
    const setupUrl = await this.linkFor(principal, record).catch((cause: unknown) => {
      throw new ProviderError('upstream_unavailable', 'A connect link cannot be made right now', { cause });
    });
    const message = `Server ${record.name} wants your consent to use ${provider}`;
    const modelText =
      `${message}. To give it, the user will need to visit: ${setupUrl}. Instruct the user to open the link and to allow the access; then ` +
      'call the tool again. Format the link in Markdown.';
    return new ProviderError('reauth_required', message, { setupUrl, modelText });
  }
}

/** Addresses, scopes and names in credentials are no secrets: taken out of results, they would only spoil them. */
function secretsIn(value: object, path = 'oauth2'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (isObject(member)) Object.assign(found, secretsIn(member, `${path}.${name}`));
    else if (typeof member === 'string' && member !== '' && SECRET_MEMBER.test(name)) found[`${path}.${name}`] = member;
  }
  return found;
}
