import type { ParagonConfig } from '@manifold/config';
import { markup, Markup } from '@manifold/rest';
import { integrationName } from '../integration-name.js';
import type { SetupLink } from '../setup-links.service.js';
import { selfHostedParagon } from './page-headers.js';
import { pageFrame } from './page-frame.js';
import { PAGE_SCRIPT } from './page-script.js';

/**
 * Returns the page of a valid link. It names the user of the link. Otherwise a person who received another user's link could connect
 * their own account for that user. The script reads the token from the page's URL, and the other values from the `data` attributes.
 */
export function setupPage(link: SetupLink, project: ParagonConfig, gateway: string, nonce: string): string {
  const name = integrationName(link.integration);
  const host = selfHostedParagon(project.zeusUrl) ?? '';
  return pageFrame({
    title: `Connect ${name}`,
    nonce,
    gateway,
    main: markup`<section id="ask">
<h1>Connect ${name}</h1>
<p>Your agent wants to use ${name} for you through Manifold. For that, you connect your ${name} account once.</p>
<ol class="steps">
<li>Press the button. A window of Paragon opens, the service that keeps the connection.</li>
<li>Sign in to ${name} there and allow the access. Manifold never sees your password.</li>
<li>Go back to your agent and ask again.</li>
</ol>
<p class="account"><span>${name} will be connected for</span><b><bdi>${link.subject}</bdi></b><span>Not you? Then close this page: whoever sent you the link could use your account.</span></p>
<noscript><p class="failure"><b>JavaScript is switched off</b>The connection is made by a script. Switch JavaScript on for this page and load it again.</p></noscript>
<div class="failure" id="failure" role="alert"></div>
<button type="button" id="connect">Connect ${name}</button>
<p class="progress" id="progress" role="status"></p>
<p class="small" id="note">The link to this page works once, and for 15 minutes.</p>
</section>
<section id="done" hidden>
<p class="sign"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="m5 12.5 4.5 4.5L19 7.5"/></svg></p>
<h1 id="connected" tabindex="-1">${name} is connected</h1>
<p>You can go back to your agent and ask again.</p>
<p class="muted">This page is no longer needed: you can close it.</p>
</section>`,
    end: markup`<script nonce="${nonce}" data-name="${name}" data-sdk="${project.connectSdkUrl}" data-host="${host}">${new Markup(PAGE_SCRIPT)}</script>`,
  });
}
