import { Injectable } from '@nestjs/common';
import { isObject } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import { Config } from '@manifold/config';
import { ConnectLinks } from '@manifold/oauth';
import { SecretsService } from '@manifold/secrets';
import { ProviderError, type CallContext, type RawObject } from '@manifold/tool-provider';
import {
  connectionTo,
  openSecrets,
  secretsDestination,
  takesSecretsAsArguments,
  tokenProviderOf,
  type CallableServer,
  type Secrets,
  type ServerRecord,
} from '@manifold/mcp-hosting';
import { clientParameter, USER_PARAMETER } from '../calls/secret-parameters.js';

/** Parameters that the gateway adds to a call of a server that authorizes its users by tools. */
export interface ToolCredentials {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The secret values in `parameters`, by their path. They are removed from results and logs. */
  readonly secrets: Secrets;
}

/** The arguments of a call with the credentials of the caller. */
interface FilledArguments {
  readonly args: RawObject;
  /** The secrets that the server knows during this call; undefined if they are those that it was started with. */
  readonly secrets: Secrets | undefined;
}

/** Prefix of the stored names. It is invalid in names of secrets, so users cannot set, read or delete these entries. */
const PREFIX = 'oauth2:';
const SECRET_MEMBER = /token$|secret|key$|password/i;

/**
 * The credentials that the gateway adds to the arguments of calls: the user's secrets and, for servers that authorize their users by
 * tools, the user's tokens. It also stores these tokens. They are kept with the user's sealed secrets for the server.
 */
@Injectable()
export class ToolCredentialsService {
  constructor(
    private readonly config: Config,
    private readonly secrets: SecretsService,
    private readonly links: ConnectLinks,
  ) {}

  /** Returns only the names of secrets that users have set themselves. */
  static ownNames(names: readonly string[]): string[] {
    return names.filter((name) => !name.startsWith(PREFIX));
  }

  /** Returns only the secrets that users have set themselves. */
  static without(secrets: Secrets): Secrets {
    const names = Object.keys(secrets);
    if (!names.some((name) => name.startsWith(PREFIX))) return secrets;
    return Object.fromEntries(Object.entries(secrets).filter(([name]) => !name.startsWith(PREFIX)));
  }

  /**
   * Adds what the server takes as arguments. Secrets of the user replace arguments of the same name.
   * @throws ProviderError `reauth_required` with a link, `upstream_unavailable`
   */
  async addTo(args: RawObject, server: CallableServer, context: CallContext): Promise<FilledArguments> {
    const { principal } = context;
    const { record } = server;
    const provider = tokenProviderOf(record);
    if (provider !== undefined && !server.live) await connectionTo(server, context.signal); // opening it sets `server.secrets`
    const added = provider === undefined ? undefined : await this.of(principal, record, provider);
    const own = takesSecretsAsArguments(record) ? await this.secretsFor(principal, record) : undefined;
    const filled = own ? withSecrets(args, own) : args;
    if (!added) return { args: filled, secrets: own };
    return { args: { ...filled, ...added.parameters }, secrets: { ...(own ?? server.secrets), ...added.secrets } };
  }

  /** Returns the gateway's OAuth client at a provider. @throws ProviderError if none is configured */
  clientAt(provider: string): ToolCredentials {
    const client = Object.hasOwn(this.config.toolOAuthClients, provider) && this.config.toolOAuthClients[provider];
    if (!client) throw new ProviderError('upstream_unavailable', `The gateway has no OAuth client for ${provider}`);
    return { parameters: { [clientParameter(provider)]: client }, secrets: secretsIn(client) };
  }

  /** Returns the parameters for a call of this user. @throws ProviderError `reauth_required` with a link, `upstream_unavailable` */
  async of(principal: Principal, record: ServerRecord, provider: string): Promise<ToolCredentials> {
    const client = this.clientAt(provider);
    const tokens = await this.tokensOf(principal, record, provider);
    if (!tokens) throw await this.consentFor(principal, record, provider);
    return {
      parameters: { ...client.parameters, [USER_PARAMETER]: tokens },
      secrets: { ...client.secrets, ...secretsIn(tokens) },
    };
  }

  /**
   * @returns undefined if the user has not connected, or has connected while the server had another destination
   * @throws ProviderError `upstream_unavailable`
   */
  async tokensOf(principal: Principal, record: ServerRecord, provider: string): Promise<object | undefined> {
    const name = `${PREFIX}${provider}`;
    const { name: server } = record;
    try {
      const text = (await this.secrets.open({ principal, app: server }, secretsDestination(record), [name]))[name];
      return text === undefined ? undefined : (JSON.parse(text) as object);
    } catch (cause) {
      throw new ProviderError('upstream_unavailable', `Your account for server ${server} cannot be read`, { cause });
    }
  }

  keep(principal: Principal, record: ServerRecord, provider: string, tokens: object): Promise<void> {
    const owner = { principal, app: record.name };
    return this.secrets.set(owner, `${PREFIX}${provider}`, JSON.stringify(tokens), secretsDestination(record));
  }

  /** @returns a link on which the user connects. @throws errors of the store */
  linkFor(principal: Principal, record: ServerRecord): Promise<string> {
    const { name } = record;
    const provider = tokenProviderOf(record)!;
    return this.links.create({ owner: { principal, server: name }, server: { name, url: '' }, provider });
  }

  private async secretsFor(principal: Principal, record: ServerRecord): Promise<Secrets> {
    return ToolCredentialsService.without(await openSecrets(this.secrets, record, principal, record.secretNames));
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

/** Returns the caller's arguments, with the user's secrets in place of arguments of the same name, as an object without a prototype. */
const withSecrets = (args: RawObject, secrets: Secrets): RawObject =>
  Object.assign(Object.create(null) as Record<string, unknown>, args, secrets);

/** Finds the secret values in credentials. URLs, scopes and names are not secret: removing them would only damage results. */
function secretsIn(value: object, path = 'oauth2'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (isObject(member)) Object.assign(found, secretsIn(member, `${path}.${name}`));
    else if (typeof member === 'string' && member !== '' && SECRET_MEMBER.test(name)) found[`${path}.${name}`] = member;
  }
  return found;
}
