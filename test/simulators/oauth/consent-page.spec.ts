import { CHROMIUM, hasChromium, launchChromium, newPage } from '../../support/chromium.js';
import { AuthorizationServer, KNOWN_CLIENT } from './index.js';

(hasChromium ? it : it.skip)(
  `lets a real browser consent${hasChromium ? '' : ` (there is no ${CHROMIUM})`}`,
  async () => {
    const server = await AuthorizationServer.start({ redirectUris: ['http://127.0.0.1:9/callback'] });
    const browser = await launchChromium();
    try {
      const page = await newPage(browser);
      await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'back at the client' }));
      const parameters = new URLSearchParams({
        response_type: 'code',
        client_id: KNOWN_CLIENT.id,
        redirect_uri: 'http://127.0.0.1:9/callback',
        scope: 'files:read files:write',
        resource: 'http://127.0.0.1:9/mcp',
        code_challenge: 'c'.repeat(43),
        code_challenge_method: 'S256',
      });
      await page.goto(`${server.issuer}/auth?${parameters.toString()}`);
      await page.getByLabel('Who are you?').fill('ann');
      await page.getByLabel('files:write').uncheck();
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.getByText('back at the client').waitFor();
      expect(new URL(page.url()).searchParams.get('code')).not.toBeNull();
    } finally {
      await browser.close();
      await server.stop();
    }
  },
);
