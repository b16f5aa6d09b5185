import { Markup, markup } from '@manifold/rest';
import { PAGE_STYLE } from './page-style.js';

export interface PageParts {
  readonly title: string;
  readonly nonce: string;
  /** The host of the gateway, by which users can verify the page. */
  readonly gateway: string;
  readonly main: Markup;
  /** Content after the main part, such as scripts. */
  readonly end?: Markup;
}

/** The gateway's logo: several lines that join into one. */
const MARK = markup`<svg class="mark" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" aria-hidden="true"><path d="M3 5h2c5 0 5 7 10 7h6M3 19h2c5 0 5-7 10-7M3 12h12"/></svg>`;
const ICON =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="%233b5bdb" stroke-width="2.5" stroke-linecap="round"%3E%3Cpath d="M3 5h2c5 0 5 7 10 7h6M3 19h2c5 0 5-7 10-7M3 12h12"/%3E%3C/svg%3E';

/** Returns the complete HTML of a page. */
export function pageFrame({ title, nonce, gateway, main, end = markup`` }: PageParts): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Manifold</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<main>
<p class="brand">${MARK}<span><b>Manifold</b> <span class="muted">at ${gateway}</span></span></p>
${main}
</main>
${end}
</body>
</html>
`.text;
}
