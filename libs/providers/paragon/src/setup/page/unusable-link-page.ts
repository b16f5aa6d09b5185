import { markup } from '@manifold/rest';
import { pageFrame } from './page-frame.js';

/** Returns the page for a link that is incomplete, unknown, used or expired. The page does not reveal which of these applies. */
export function unusableLinkPage(gateway: string, nonce: string): string {
  return pageFrame({
    title: 'This link cannot be used',
    nonce,
    gateway,
    main: markup`<p class="sign bad"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true"><path d="M12 7v6M12 17v.01"/></svg></p>
<h1>This link cannot be used</h1>
<p>A link to connect an app works once, and for 15 minutes. This one has been used, is too old, or was not copied completely.</p>
<p><b>What to do:</b> go back to your agent and ask again for what you wanted. If the app is still not connected, you get a new link.</p>`,
  });
}
