import { markup } from '@manifold/rest';
import { StoreUnavailableError } from '@manifold/store';
import type { Connected } from '../flow/connect-flow.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import type { ConnectInvitation } from './connect-links.service.js';
import { CONNECT_SCRIPT } from './connect-script.js';
import { page, type Page } from './page.js';

/**
 * Returns the connect page. It names the user for whom the server will be connected. Otherwise, a person who received another user's link
 * could unknowingly give that user access to their own account.
 */
export function connectPage({ owner, server, provider }: ConnectInvitation, gateway: string): Page {
  const host = provider ?? new URL(server.url).host;
  return page({
    title: `Connect ${server.name}`,
    gateway,
    main: markup`<p>Your agent wants to use <b>${server.name}</b> (${host}) for you. For that you sign in there once and allow the access. The gateway keeps what it gets sealed, and never sees your password.</p>
<p class="account">It will be connected for <b><bdi>${owner.principal.subject}</bdi></b> <span class="muted">Not you? Then close this page: whoever sent you the link could use your account.</span></p>
<noscript><p class="failure">JavaScript is switched off. Switch it on for this page and load it again.</p></noscript>
<p class="failure" id="failure" role="alert"></p>
<button type="button" id="connect">Go on to ${server.name}</button>
<p class="muted">The link to this page works once, and for 15 minutes.</p>`,
    script: { code: CONNECT_SCRIPT, server: server.name },
  });
}

/** Returns the page for a link that is incomplete, unknown, used or expired. It does not reveal which of these applies. */
export const unusableLinkPage = (gateway: string): Page =>
  page({
    title: 'This link cannot be used',
    gateway,
    main: markup`<p>A link to connect a server works once, and for 15 minutes. This one has been used, is too old, or was not copied completely.</p>
<p><b>What to do:</b> go back to your agent and ask again for what you wanted. If the server is still not connected, you get a new link.</p>`,
  });

export const connectedPage = ({ owner }: Connected, gateway: string): Page =>
  page({
    title: `${owner.server} is connected`,
    gateway,
    main: markup`<p>It is connected for <b><bdi>${owner.principal.subject}</bdi></b>. Go back to your agent and ask again.</p>
<p class="muted">This page is no longer needed: you can close it.</p>`,
  });

/** Failure page with its HTTP status. */
export interface FailurePage {
  readonly status: number;
  readonly page: Page;
}

/**
 * Returns the page for an error of a connection flow or an unavailable database.
 * @returns undefined for any other error
 */
export function failurePage(error: unknown, gateway: string): FailurePage | undefined {
  const words = wordsFor(error);
  if (!words) return undefined;
  const { status, title, advice } = words;
  const main = markup`<p>${advice}</p><p class="muted">Nothing has been stored.</p>`;
  return { status, page: page({ title, gateway, main }) };
}

interface Words {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

const AGAIN = 'Go back to your agent and ask again: you get a new link.';

function wordsFor(error: unknown): Words | undefined {
  if (error instanceof StoreUnavailableError) return later('The gateway cannot keep the connection right now');
  if (!(error instanceof OAuthFlowError)) return undefined;
  switch (error.code) {
    case 'authorization_denied':
      return {
        status: 400,
        title: 'Access was not granted',
        advice: `${error.message}. If that was a mistake: ${AGAIN}`,
      };
    case 'state_invalid':
      return {
        status: 400,
        title: 'This answer cannot be used',
        advice: `It does not belong to a connection that was started in this browser in the last ten minutes. ${AGAIN}`,
      };
    case 'issuer_mismatch':
    case 'exchange_refused':
      return { status: 400, title: 'The server was not connected', advice: `${error.message}. ${AGAIN}` };
    case 'unavailable':
      return later('The sign-in service did not answer');
    case 'discovery_failed':
    case 'metadata_refused':
    case 'registration_failed':
    case 'reauth_required':
      return {
        status: 502,
        title: 'The server cannot be connected',
        advice: `Show this to the people who run the gateway: ${error.message}.`,
      };
  }
}

const later = (title: string): Words => ({ status: 503, title, advice: `Wait a minute. ${AGAIN}` });
