import { randomBytes } from 'node:crypto';
import type { ParagonConfig } from '@manifold/config';

/** Marks the scripts and styles of one answer as the gateway's own. */
export const newNonce = (): string => randomBytes(16).toString('base64');

/**
 * What browsers may do with the page. Scripts: its own, and the Connect SDK's. Requests and frames: the gateway and Paragon. Nobody may
 * frame it (clickjacking), keep it, or learn its address, which holds the token.
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
    // The window of the integration's sign-in page reports to its opener. With `same-origin` it would have none.
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
}

/** Paragon's services. A self-hosted Paragon has its own: neighbours of its API (`zeus.example.com`, `connect.example.com`). */
function paragonSources({ connectSdkUrl, zeusUrl }: ParagonConfig): string[] {
  const origins = [connectSdkUrl, zeusUrl].map((url) => new URL(url).origin);
  const host = selfHostedParagon(zeusUrl);
  return [...new Set(['https://*.useparagon.com', ...(host === undefined ? [] : [`https://*.${host}`]), ...origins])];
}

/** The domain of a self-hosted Paragon, by the rule of its documentation: its API is `zeus.` and this domain. */
export function selfHostedParagon(zeusUrl: string): string | undefined {
  const { hostname } = new URL(zeusUrl);
  const domain = /^zeus\.(.+\..+)$/.exec(hostname)?.[1];
  return domain === 'useparagon.com' ? undefined : domain;
}
