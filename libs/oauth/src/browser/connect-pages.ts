import { StoreUnavailable } from '@manifold/store';
import type { Connected } from '../connect-flow.js';
import { OAuthFault } from '../oauth-fault.js';
import type { ConnectInvitation } from './connect-links.service.js';
import { CONNECT_SCRIPT } from './connect-script.js';
import { markup } from './markup.js';
import { page, type Page } from './page.js';

/** It names the user: somebody who was sent the link of another would otherwise lend them the own account. */
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

/** For a link that is incomplete, unknown, used or expired: which of them is nobody's business. */
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

/** A failure with the status that goes with it. */
export interface FailurePage {
  readonly status: number;
  readonly page: Page;
}

/** @returns undefined for an error that is none of a connection */
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
  if (error instanceof StoreUnavailable) return later('The gateway cannot keep the connection right now');
  if (!(error instanceof OAuthFault)) return undefined;
  switch (error.code) {
    case 'authorization_denied':
      return { status: 400, title: 'Access was not granted', advice: `If that was a mistake: ${AGAIN}` };
    case 'state_invalid':
      return {
        status: 400,
        title: 'This answer cannot be used',
        advice: `It belongs to no connection that was started in this browser in the last ten minutes. ${AGAIN}`,
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
