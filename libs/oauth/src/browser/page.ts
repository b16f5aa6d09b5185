import { randomBytes } from 'node:crypto';
import { PRODUCT_NAME } from '@manifold/config';
import { markup, Markup } from '@manifold/rest';

export interface PageParts {
  readonly title: string;
  /** Host of the gateway, by which users recognise it. */
  readonly gateway: string;
  readonly main: Markup;
  /** Script that runs at the end of the page, with `server` in its `dataset`. */
  readonly script?: { readonly code: string; readonly server: string };
}

/** Page with its response headers. */
export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const STYLE = `
:root { color-scheme: light dark; --card: #fff; --page: #f3f4f7; --line: #dfe2e8; --text: #1a1d23; --muted: #5b6472; --accent: #3b5bdb; --on: #fff; --bad: #a61b1b; }
@media (prefers-color-scheme: dark) {
  :root { --card: #181b21; --page: #0f1115; --line: #2d323c; --text: #eceef2; --muted: #a3acba; --accent: #8ea6ff; --on: #10142b; --bad: #ffa8a3; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: max(2rem, 8vh) 1rem; background: var(--page); color: var(--text); font: 1.0625rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 30rem; margin: 0 auto; padding: 1.75rem 2rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.2; }
.brand, .muted { color: var(--muted); font-size: .9375rem; }
.account { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .65rem; }
.account b { display: block; }
button { width: 100%; min-height: 3.25rem; border: 0; border-radius: .65rem; background: var(--accent); color: var(--on); font: inherit; font-weight: 650; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
button[disabled] { opacity: .7; cursor: default; }
.failure { color: var(--bad); }
.failure:empty { display: none; }
`;

/**
 * Returns a complete page. It must not be framed (clickjacking) or cached, and it sends no referrer. Its own script may send requests to
 * the gateway; no other script may run.
 */
export function page({ title, gateway, main, script }: PageParts): Page {
  const nonce = randomBytes(16).toString('base64');
  const end = script
    ? markup`<script nonce="${nonce}" data-server="${script.server}">${new Markup(script.code)}</script>`
    : markup``;
  const html = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${PRODUCT_NAME}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${new Markup(STYLE)}</style>
</head>
<body>
<main>
<p class="brand"><b>${PRODUCT_NAME}</b> at ${gateway}</p>
<h1>${title}</h1>
${main}
</main>
${end}
</body>
</html>
`.text;
  return { html, headers: headersWith(nonce) };
}

const headersWith = (nonce: string): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});
