import { jwtVerify } from 'jose';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { ConnectSdkStub, STORAGE_KEY } from '../../libs/providers/paragon/testing/src/connect-sdk-stub.js';
import {
  principalOf,
  PROJECT_ID,
  startSetup,
  type SetupApp,
} from '../../libs/providers/paragon/testing/src/setup-app.js';

import { CHROMIUM, hasChromium, launchChromium, newPage } from '../support/chromium.js';
import { cites } from '../support/cite.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { startParagonGateway } from '../support/paragon.js';

const describeInChromium = hasChromium ? describe : describe.skip;

describeInChromium(hasChromium ? 'The setup page in Chromium' : `The setup page (there is no ${CHROMIUM})`, () => {
  let browser: Browser;
  let app: SetupApp;
  let sdk: ConnectSdkStub;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  beforeEach(async () => {
    sdk = await ConnectSdkStub.start();
    app = await startSetup({ settings: { CONNECT_SDK_CDN_URL: `${sdk.url}/sdk/index.js`, ZEUS_BASE_URL: sdk.url } });
  });

  afterEach(async () => {
    await page?.context().close();
    await app.discard();
    await sdk.stop();
  });

  const newLink = (integration = 'slack', subject = 'alice') => app.links.create(principalOf(subject), integration);

  async function open(link: string, options: BrowserContextOptions = {}): Promise<Page> {
    page = await newPage(browser, options);
    await page.goto(link);
    return page;
  }

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const inPortal = (name: string) => page.frameLocator('#portal').getByRole('button', { name }).click();
  const saysFailure = (text: string) => page.getByRole('alert').getByText(text).waitFor();
  const isConnected = () => page.getByRole('heading', { name: 'Slack is connected' }).waitFor();
  const calls = () => page.evaluate<string[][]>('window.paragon.calls');

  it(
    cites('paragon.setup-page', 'connects the user with the keyboard alone, and breaks no rule of its policy'),
    async () => {
      const complaints: string[] = [];
      await open('about:blank');
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(await newLink());
      expect(page.url()).toBe(`${app.url}/setup`);

      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('status').getByText('Go on in the window of Paragon').waitFor();
      const [signedIn, connected] = await calls();
      expect(connected).toEqual(['connect', 'slack']);
      expect(signedIn!.slice(0, 2)).toEqual(['authenticate', PROJECT_ID]);
      const { payload } = await jwtVerify(signedIn![2]!, app.publicKey);
      expect(payload.sub).toBe('alice');

      await inPortal('connect');
      await inPortal('close');
      await isConnected();
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Slack is connected');
      expect(await page.title()).toBe('Slack is connected');
      await page.getByText('You can go back to your agent').waitFor();
      expect(complaints).toEqual([]);
    },
  );

  it(cites('paragon.setup-page', 'connects what a call has asked for, and the next call works'), async () => {
    const paragon = await startParagonGateway();
    const { client } = await connectSdk1({ url: paragon.gateway.url, user: 'alice' });
    const send = { name: 'SLACK_SEND_MESSAGE', arguments: { channel: 'C1', message: 'hello' } };
    try {
      const invitation = textOf(await client.callTool(send));
      await open(/http\S+token=[\w-]{43}/.exec(invitation)![0]);
      await press('Connect Slack');
      await isConnected();
      expect(JSON.parse(textOf(await client.callTool(send)))).toMatchObject({ user: 'alice' });
    } finally {
      await client.close();
      await paragon.dispose();
    }
  });

  it('leaves somebody who is still at work in the portal alone', async () => {
    await open(await newLink());
    await press('Connect Slack');
    await inPortal('connect');
    await isConnected();
    expect(await page.evaluate('document.activeElement.id')).toBe('portal');
  });

  it('says so when the window was closed, and tries again without a new link', async () => {
    await open(await newLink());
    let uses = 0;
    page.on('request', (request) => (uses += request.method() === 'POST' ? 1 : 0));
    await press('Connect Slack');
    await inPortal('close');
    await saysFailure('Slack is not connected yet');
    await press('Try again');
    await inPortal('connect');
    await isConnected();
    expect(uses).toBe(1);
  });

  it('is content when the app turns out to be connected', async () => {
    sdk.integrations = { slack: { enabled: true } };
    await open(await newLink());
    await press('Connect Slack');
    await inPortal('close');
    await isConnected();
  });

  it('shows why the portal failed, and success when the user repeats it there', async () => {
    await open(await newLink());
    await press('Connect Slack');
    await inPortal('fail');
    await saysFailure('Slack was not connected');
    await saysFailure('access_denied');
    await inPortal('connect');
    await inPortal('close');
    await isConnected();
  });

  it('says what to do about an app that the project does not have', async () => {
    await open(await newLink('notion'));
    await press('Connect Notion');
    await saysFailure('Notion was not connected');
    await saysFailure('Integration "notion" not found.');
  });

  it('names the address that a blocker keeps it from, and goes on when it is there again', async () => {
    sdk.sdkMissing = true;
    await open(await newLink());
    await press('Connect Slack');
    await saysFailure(new URL(sdk.url).host);
    sdk.sdkMissing = false;
    await press('Try again');
    await inPortal('connect');
    await isConnected();
  });

  it('says that Paragon refused the user', async () => {
    sdk.refusal = 'no such project';
    await open(await newLink());
    await press('Connect Slack');
    await saysFailure('Paragon did not let you in');
    await saysFailure('no such project');
  });

  it('says that the link was used meanwhile, and offers no second try', async () => {
    const link = await newLink();
    await open(link);
    await app.links.consume(new URL(link).searchParams.get('token')!);
    await press('Connect Slack');
    await saysFailure('This link can no longer be used');
    expect(await page.getByRole('button').count()).toBe(0);
    expect(sdk.requests).toEqual([]);
  });

  it('says that the gateway cannot be reached, and goes on when it can', async () => {
    await open(await newLink());
    await page.context().setOffline(true);
    await press('Connect Slack');
    await saysFailure('Manifold cannot be reached');
    await page.context().setOffline(false);
    await press('Try again');
    await inPortal('connect');
    await isConnected();
  });

  it('finds no token of another user in the browser, and leaves none', async () => {
    await open(`${app.url}/setup`);
    await page.evaluate(`localStorage.setItem('${STORAGE_KEY}', 'of another user')`);
    await page.goto(await newLink());
    await press('Connect Slack');
    await inPortal('connect');
    await isConnected();
    expect(await page.evaluate('window.paragon.found')).toBeNull();
    expect(await page.evaluate(`localStorage.getItem('${STORAGE_KEY}')`)).toContain('token');
    await page.goto(`${app.url}/setup`);
    expect(await page.evaluate(`localStorage.getItem('${STORAGE_KEY}')`)).toBeNull();
  });

  it('lets the sign-in window of an app talk to its opener', async () => {
    await open(await newLink());
    const popup = page.waitForEvent('popup');
    await page.evaluate(`void window.open('${sdk.url}/portal')`);
    expect(await (await popup).evaluate('window.opener !== null')).toBe(true);
  });

  it('runs no script and reaches no address that its policy does not name', async () => {
    await open(await newLink('"><img src=x onerror="window.evil=1">', '<script>window.evil=1</script>'));
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.evil = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.evil = 1">');
    }`);
    const stranger = sdk.url.replace('127.0.0.1', 'localhost');
    const outcome = await page.evaluate(`fetch('${stranger}/stolen').then(() => 'sent', () => 'refused')`);
    expect(outcome).toBe('refused');
    expect(sdk.requests).toEqual([]);
    expect(await page.evaluate('window.evil')).toBeUndefined();
  });

  it('cannot be framed by another site', async () => {
    const link = await newLink();
    await open(`${sdk.url}/portal`);
    await page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.src = '${link}';
      frame.onload = resolve;
      document.body.append(frame);
    })`);
    const frame = page.frames().find((each) => each !== page.mainFrame())!;
    expect(await frame.getByRole('button').count()).toBe(0);
  });

  it('is used by no other site', async () => {
    const link = await newLink();
    const token = new URL(link).searchParams.get('token')!;
    await open(`${sdk.url}/portal`);
    const answers = await page.evaluate<string[]>(`Promise.all([
      ['cors', 'application/json'], ['no-cors', 'text/plain'],
    ].map(([mode, type]) => fetch('${app.url}/setup', {
      method: 'POST', mode, headers: { 'content-type': type }, body: '{"token":"${token}"}',
    }).then((response) => response.type, () => 'refused')))`);
    expect(answers).toEqual(['refused', 'refused']);
    expect(await app.links.look(token)).toBeDefined();
  });

  it.each([320, 360, 1280])('fits into %i pixels, with a button for thumbs', async (width) => {
    const subject = 'a-very-long-name-without-a-single-space-in-it@department.example.com';
    await open(await newLink('custom.averylongnamethatdoesnotfitonaline', subject), {
      viewport: { width, height: 640 },
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect((await page.getByRole('button').boundingBox())!.height).toBeGreaterThanOrEqual(48);
  });

  it('follows the colours of the system, and the portal stays transparent', async () => {
    const look = `[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]`;
    await open(await newLink(), { colorScheme: 'light' });
    const light = await page.evaluate<string[]>(look);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await page.evaluate<string[]>(look);
    expect(dark.filter((colour) => light.includes(colour))).toEqual([]);
    await press('Connect Slack');
    await page.locator('#portal').waitFor();
    expect(await page.evaluate('getComputedStyle(document.querySelector("#portal")).colorScheme')).toBe('light');
  });

  it('says what to do where scripts are switched off', async () => {
    await open(await newLink(), { javaScriptEnabled: false });
    // Playwright reads no text in a noscript element.
    await page.locator('noscript p').waitFor();
  });
});
