import { randomBytes } from 'node:crypto';
import type { ParagonConfig } from '@manifold/config';

/** Returns a nonce that marks the scripts and styles of one response as the gateway's own. */
export const newNonce = (): string => randomBytes(16).toString('base64');

/**
 * Returns the security headers of the page. Allowed scripts: the page's own and the Connect SDK's. Allowed requests and frames: the
 * gateway and Paragon. No site may frame the page (clickjacking), and caches must not keep it. Its URL, which has the token, must not
 * leak to other sites.
 */
export function pageHeaders(nonce: string, project: ParagonConfig): Record<string, string> {
  const paragon = paragonSources(project).join(' ');
  return {
    'content-security-policy': [
      "default-src 'none'",
      `script-src 'nonce-${nonce}' ${new URL(project.connectSdkUrl).origin}`,
      `style-src 'nonce-${nonce}'`,
      'img-src data:',
      `connect-src 'self' ${paragon}`,
      `frame-src ${paragon}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
    // The integration's sign-in window reports to its opener. With `same-origin` it would have no opener.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

/** Returns the origins of Paragon's services. A self-hosted Paragon has them in one domain (`zeus.example.com`, `connect.example.com`). */
function paragonSources({ connectSdkUrl, zeusUrl }: ParagonConfig): string[] {
  const origins = [connectSdkUrl, zeusUrl].map((url) => new URL(url).origin);
  const host = selfHostedParagon(zeusUrl);
  return [...new Set(['https://*.useparagon.com', ...(host === undefined ? [] : [`https://*.${host}`]), ...origins])];
}

/** Returns the domain of a self-hosted Paragon. Its documentation defines the API host as `zeus.` and this domain. */
export function selfHostedParagon(zeusUrl: string): string | undefined {
  const { hostname } = new URL(zeusUrl);
  const domain = /^zeus\.(.+\..+)$/.exec(hostname)?.[1];
  return domain === 'useparagon.com' ? undefined : domain;
}
