import { ResourceOwner } from '../simulators/oauth/index.js';

/**
 * Acts as a user with a browser: opens a connect link, presses the button, consents at the authorization server, and returns.
 * @returns the page at the end
 */
export async function followConnectLink(link: string, user: string): Promise<string> {
  const page = await fetch(link);
  if (!page.ok) throw new Error(`The connect link leads to HTTP ${page.status}: ${await page.text()}`);
  const url = new URL(link);
  const answer = await fetch(`${url.origin}${url.pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url.origin },
    body: JSON.stringify({ link: url.searchParams.get('link') }),
  });
  const { authorizationUrl } = (await answer.json()) as { authorizationUrl: string };
  const back = await new ResourceOwner(user).allow(authorizationUrl);
  const arrival = await fetch(back, { headers: { cookie: answer.headers.get('set-cookie')!.split(';')[0]! } });
  return arrival.text();
}
