import { loadConfig } from '@manifold/config';
import { adminCommand, productionBanner } from './banner.js';

describe('the admin command that the start names', () => {
  it('is that of npm where npm has started the gateway, else the one beside the program', () => {
    expect(adminCommand('/app/scripts/start.mjs')).toBe('npm run admin --');
    expect(adminCommand(`${process.cwd()}/dist/gateway/main.js`)).toBe('node dist/gateway/admin.js');
  });
});

describe('the text after a start in production', () => {
  const KEY = 'k3y-of-a-test-that-is-long-enough-0123456789';
  const textFor = (settings: Record<string, string>): string =>
    productionBanner(loadConfig({ NODE_ENV: 'production', SECRETS_KEY: KEY, ...settings }), 'http://x', true);

  it('says that the API document needs a key, unless it is public', () => {
    expect(textFor({})).toContain('/docs   (with a key, unless PUBLIC_DETAILS=true)');
    expect(textFor({ PUBLIC_DETAILS: 'true' })).toContain('/docs\n');
  });
});
