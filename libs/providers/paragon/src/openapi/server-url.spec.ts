import { OpenApiError } from './openapi-error.js';
import { serverUrl } from './server-url.js';

const of = (url: string, variables?: object): string => serverUrl([{ url, variables }]);

describe('the URL of a server', () => {
  it.each([
    ['https://api.example.com/v1/', 'https://api.example.com/v1'],
    ['https://API.example.com', 'https://api.example.com'],
    ['http://api.example.com:8080/a/../b', 'http://api.example.com:8080/b'],
    ['/v1/', '/v1'],
    ['v1', '/v1'],
    ['/', ''],
    ['/é', '/%C3%A9'],
  ])('%j goes before a path as %j', (url, expected) => {
    expect(of(url)).toBe(expected);
  });

  it('has the defaults of its variables', () => {
    const variables = { region: { default: 'eu', enum: ['eu', 'us'] }, port: { default: 443 } };
    expect(of('https://{region}.example.com:{port}/{region}', variables)).toBe('https://eu.example.com/eu');
  });

  it('is that of the nearest list that has one', () => {
    const [near, far] = [[{ url: '/near' }], [{ url: '/far' }]];
    expect([serverUrl(near, far), serverUrl(undefined, far), serverUrl([], far)]).toEqual(['/near', '/far', '/far']);
    expect(serverUrl(undefined, undefined)).toBe('');
  });

  it.each([
    ...[
      'ftp://a',
      'javascript:alert(1)',
      'file:///etc/passwd',
      'https://',
      '//evil.example',
      'https://user:pw@a.example',
      'https://user@a.example',
    ],
    ...['https://a.example?x=1', '/a#b', 'https://a.example/\nb', 'https://{host}/', 'https://{constructor}/'],
  ])('cannot be %j', (url) => {
    expect(() => of(url, {})).toThrow(OpenApiError);
  });

  it.each([[[{}]], [[null]], [[{ url: 1 }]]])('cannot be taken from %j', (servers) => {
    expect(() => serverUrl(servers)).toThrow(OpenApiError);
  });
});
