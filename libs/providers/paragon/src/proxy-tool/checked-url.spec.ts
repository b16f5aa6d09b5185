import fc from '../../../../../test/support/fuzz.js';
import { checkedUrl } from './checked-url.js';

/** URLs with what parsers strip or read as something else somewhere in them. */
const spaced = fc
  .tuple(fc.constantFrom('', '/', 'x/'), fc.webUrl(), fc.nat(), fc.constantFrom(' ', '\t', '\n', '\0', '\\', '@', '//'))
  .map(([before, url, at, odd]) => {
    const place = at % (url.length + 1);
    return before + url.slice(0, place) + odd + url.slice(place);
  });

describe('the URL of a request that an agent writes', () => {
  it.each([
    ['/v1/things', '/v1/things'],
    ['v1/things', '/v1/things'],
    ['chat.postMessage', '/chat.postMessage'],
    ['/v1/things?limit=1&q=a%20b', '/v1/things?limit=1&q=a%20b'],
    ['/groups/a%2Fb/things', '/groups/a%2Fb/things'],
    ['/users/me@example.com', '/users/me@example.com'],
    ['/things/name with blanks', '/things/name%20with%20blanks'],
    ['/', '/'],
    ['https://slack.com/api/chat.postMessage', 'https://slack.com/api/chat.postMessage'],
    ['https://files.slack.com/x?y=1', 'https://files.slack.com/x?y=1'],
  ])('%s goes out as %s', (given, sent) => {
    expect(checkedUrl('slack', given)).toBe(sent);
  });

  it('gets the query parameters, falsy ones and lists too', () => {
    const query = { zero: 0, no: false, empty: '', list: ['a', 'b&c'], text: 'ä b' };
    expect(checkedUrl('slack', '/x?y=1', query)).toBe('/x?y=1&zero=0&no=false&empty=&list=a&list=b%26c&text=%C3%A4+b');
  });

  it.each([
    '//evil.example/x',
    '\\\\evil.example',
    '/\\evil.example',
    '@evil.example/x',
    ' https://evil.example/',
    '\thttps://evil.example/',
    'ht\ttps://evil.example/',
    '/\n/evil.example/',
    '/\t/evil.example/',
    '\0//evil.example/',
    ' A:',
    '/things ',
    ':80/x',
    '/../admin',
    '/v1/../../admin',
    '/v1/%2e%2e/admin',
    '/v1/..%2fadmin',
    '/v1/..%5cadmin',
    '/v1/%252e%252e/admin',
    '/v1/..%252fadmin',
    '/v1/%zz',
    '/v1/a%00b',
    '/v1/a%0d%0ab',
    'http://slack.com/api',
    'https://slack.com:8443/api',
    'https://u:p@slack.com/api',
    'https://slack.com@evil.example/',
    'https://evil.example/slack.com',
    'https://slack.com.evil.example/',
    'https://evilslack.com/',
    'https://slack.com/a/..%2fb',
    'https:slack.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
  ])('is refused as %s (threat 52)', (given) => {
    expect(() => checkedUrl('slack', given)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://8.8.8.8/',
    'https://localhost/',
    'https://localhost./',
    'https://api.localhost/',
    'https://metadata.google.internal/',
    'https://vault.default.svc.cluster.local/',
    'https://intranet/',
  ])(
    'is never a bare address or a name of a private network, for an integration of unknown hosts either: %s',
    (given) => {
      expect(() => checkedUrl('custom.spotify', given)).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
    },
  );

  it('may be on any public host where the integration is not known', () => {
    expect(checkedUrl('custom.spotify', 'https://api.spotify.com/v1/me')).toBe('https://api.spotify.com/v1/me');
  });

  it('never leaves the path or the hosts of the integration, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.webPath(), fc.string(), spaced), (text) => {
        let url: string;
        try {
          url = checkedUrl('slack', text);
        } catch (error) {
          return (error as { code?: string }).code === 'invalid_arguments';
        }
        const sent = new URL(url, 'https://slack.com');
        return /(^|\.)slack\.com$/.test(sent.hostname) && (url.startsWith('https://') || /^\/(?![/\\])/.test(url));
      }),
      { numRuns: 5000, examples: [[' A:'], ['/\t/a.example']] },
    );
  });
});
