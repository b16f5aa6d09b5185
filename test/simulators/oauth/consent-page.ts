import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionDetails, Provider } from 'oidc-provider';

/** Signs the user in and asks for consent, on one page. */
export class ConsentPage {
  constructor(private readonly provider: Provider) {}

  async show(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const details = await this.provider.interactionDetails(request, response);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(details));
  }

  /**
   * Finishes the sign-in with the user's decision.
   * @param form the fields of the page: `login`, `decision` and the ticked `scope`s
   */
  async decide(request: IncomingMessage, response: ServerResponse, form: URLSearchParams): Promise<void> {
    const details = await this.provider.interactionDetails(request, response);
    const result =
      form.get('decision') === 'allow'
        ? await this.grant(details, form.get('login') ?? 'nobody', form.getAll('scope'))
        : { error: 'access_denied', error_description: 'The user said no' };
    await this.provider.interactionFinished(request, response, result);
  }

  /** Creates a separate grant for each consent, so that a refused scope can be granted later. */
  private async grant({ params }: InteractionDetails, accountId: string, ticked: readonly string[]): Promise<object> {
    const grant = new this.provider.Grant({ accountId, clientId: String(params.client_id) });
    const [granted, refused] = [true, false].map((wanted) =>
      scopesOf(params)
        .filter((scope) => ticked.includes(scope) === wanted)
        .join(' '),
    );
    grant.addOIDCScope(granted!);
    grant.rejectOIDCScope(refused!);
    for (const resource of [params.resource ?? []].flat()) {
      grant.addResourceScope(resource, granted!);
      grant.rejectResourceScope(resource, refused!);
    }
    return { login: { accountId }, consent: { grantId: await grant.save() } };
  }
}

const scopesOf = ({ scope }: InteractionDetails['params']): string[] =>
  String(scope ?? '')
    .split(' ')
    .filter(Boolean);

const page = ({ uid, params, session }: InteractionDetails): string => `<!doctype html>
<html lang="en"><head><title>Consent</title></head><body>
<h1>${escaped(params.client_id)} asks for access</h1>
<form method="post" action="/interaction/${escaped(uid)}">
<label>Who are you? <input name="login" value="${escaped(session?.accountId)}"></label>
${scopesOf(params)
  .map(
    (scope) =>
      `<label><input type="checkbox" name="scope" value="${escaped(scope)}" checked> ${escaped(scope)}</label>`,
  )
  .join('\n')}
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form></body></html>`;

const escaped = (value: unknown): string =>
  String(value ?? '').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
