import { adminCommand } from './banner.js';

describe('the admin command that the start names', () => {
  it('is that of npm where npm has started the gateway, else the one beside the program', () => {
    expect(adminCommand('/app/scripts/start.mjs')).toBe('npm run admin --');
    expect(adminCommand(`${process.cwd()}/dist/gateway/main.js`)).toBe('node dist/gateway/admin.js');
  });
});
