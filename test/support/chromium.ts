import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** The browser of Debian's package. */
export const CHROMIUM = '/usr/bin/chromium';
/** Where there is no browser, the report says that its tests were not run. CI insists on one. */
export const hasChromium = existsSync(CHROMIUM) || process.env.CHROMIUM_REQUIRED === '1';
const FLAGS = [
  ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** Ends only what hangs: a busy machine takes long to start a browser and to draw a page. */
const HANGS_AFTER_MS = 300_000;

/** Starts the browser without a window. The caller closes it. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: HANGS_AFTER_MS });

/** Opens an empty page in a context of its own, which a test closes by `page.context().close()`. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(HANGS_AFTER_MS);
  return context.newPage();
}
