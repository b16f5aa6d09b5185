import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { ConnectLinks, Connections, missingScopes, takesTokens, type BearerChallenge } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import { type ServerRecord, wantsConsent } from '@manifold/mcp-hosting';
import { HttpStatusError } from '@manifold/mcp-client';

/** Turns refusals by servers into errors with a link on which the user can give consent. */
@Injectable()
export class ConsentRequests {
  private readonly logger = new Logger(ConsentRequests.name);

  constructor(
    private readonly links: ConnectLinks,
    private readonly connections: Connections,
  ) {}

  /** @returns the error to throw: with a connect link if the user's consent would help, else the original error */
  async explained(error: unknown, record: ServerRecord, principal: Principal): Promise<unknown> {
    const { transport, name } = record;
    if (!(error instanceof ProviderError) || transport.transportType !== 'streamable_http') return error;
    if (!takesTokens(transport.url)) return error;
    const challenge = error.cause instanceof HttpStatusError ? error.cause.challenge : undefined;
    const owner = { principal, server: name };
    try {
      if (!(await this.wouldHelp(error, challenge, record, principal))) return error;
      const url = await this.links.create({ owner, server: { name, url: transport.url }, challenge });
      return reauthRequired(name, url, error);
    } catch (err) {
      this.logger.warn({ msg: 'a connect link could not be made', server: name, err });
      return error;
    }
  }

  private async wouldHelp(
    error: ProviderError,
    challenge: BearerChallenge | undefined,
    record: ServerRecord,
    principal: Principal,
  ): Promise<boolean> {
    if (error.code !== 'reauth_required' && error.code !== 'permission_denied') return false;
    const { state, scopes } = await this.connections.status({ principal, server: record.name });
    if (error.code === 'reauth_required') return state !== 'none' || wantsConsent(error, record);
    const isAboutScope = state !== 'none' && challenge?.error === 'insufficient_scope';
    return isAboutScope && missingScopes(challenge, scopes).length > 0;
  }
}

function reauthRequired(server: string, setupUrl: string, cause: ProviderError): ProviderError {
  const isStepUp = cause.code === 'permission_denied';
  const message = isStepUp ? `Server ${server} wants further access from you` : `Server ${server} wants your consent`;
  const modelText =
    `${message}. To give it, the user will need to visit: ${setupUrl}. Instruct the user to open the link, to sign in and to allow the ` +
    'access; then call the tool again. Format the link in Markdown.';
  return new ProviderError('reauth_required', message, { setupUrl, modelText, cause });
}
