/**
 * Acts as a user with a browser: follows redirects, keeps cookies, presses the buttons of the consent page. One object is one browser
 * profile.
 */
export class ResourceOwner {
  private readonly cookies = new Map<string, string>();

  /** @param name of the user who signs in */
  constructor(readonly name: string) {}

  /** Consents to the request. @returns the URL with which the server sends the browser back to the client; it is not requested */
  async allow(authorizationUrl: string | URL, options: { readonly without?: readonly string[] } = {}): Promise<URL> {
    const { origin } = new URL(authorizationUrl);
    const page = await this.visit(new URL(authorizationUrl), origin);
    if (page.html === undefined) return page.url; // nothing was left to ask
    const form = new URLSearchParams({ login: this.name, decision: 'allow' });
    for (const [, scope] of page.html.matchAll(/name="scope" value="([^"]*)"/g)) {
      if (!options.without?.includes(scope!)) form.append('scope', scope!);
    }
    return this.send(page.url, form, origin);
  }

  async deny(authorizationUrl: string | URL): Promise<URL> {
    const { origin } = new URL(authorizationUrl);
    const page = await this.visit(new URL(authorizationUrl), origin);
    return this.send(page.url, new URLSearchParams({ decision: 'deny' }), origin);
  }

  private async send(url: URL, form: URLSearchParams, origin: string): Promise<URL> {
    const end = await this.visit(url, origin, form);
    if (end.html !== undefined) throw new Error(`The authorization server shows a page instead: ${end.html}`);
    return end.url;
  }

  /** Follows redirects within the origin. @returns the first page, or the URL at another origin to which the server redirects */
  private async visit(url: URL, origin: string, form?: URLSearchParams): Promise<{ url: URL; html?: string }> {
    for (let body = form; url.origin === origin; body = undefined) {
      const response = await this.request(url, body);
      const location = response.headers.get('location');
      if (location === null) return { url, html: await this.pageOf(response) };
      url = new URL(location, url);
    }
    return { url };
  }

  private async request(url: URL, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '') this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
    return response;
  }

  private async pageOf(response: Response): Promise<string> {
    const html = await response.text();
    if (!response.ok) throw new Error(`The authorization server answers ${response.status}: ${html}`);
    return html;
  }
}
