import { bearerChallenge, missingScopes, scopesOf } from './bearer-challenge.js';

describe('bearerChallenge', () => {
  it.each([
    ['Bearer', { scopes: [] }],
    ['bearer realm="mcp"', { scopes: [] }],
    [
      'Bearer resource_metadata="https://a.test/m", scope="files:read files:write"',
      { resourceMetadata: 'https://a.test/m', scopes: ['files:read', 'files:write'] },
    ],
    ['Bearer error=insufficient_scope,scope=a', { error: 'insufficient_scope', scopes: ['a'] }],
    ['Bearer  RESOURCE_METADATA = "https://a.test"', { resourceMetadata: 'https://a.test', scopes: [] }],
    ['Bearer error="a \\"b\\" \\\\c"', { error: 'a "b" \\c', scopes: [] }],
    ['Bearer scope="first", scope="second"', { scopes: ['first'] }],
    ['Basic realm="x", Bearer scope="a", DPoP scope="b", error="c"', { scopes: ['a'] }],
    ['DPoP error="a", Bearer error="b"', { error: 'b', scopes: [] }],
    ['Bearer x_scope="no", error_description="scope=no, error=no"', { scopes: [] }],
    ['Bearer scope="a  b a"', { scopes: ['a', 'b'] }],
    [
      'Bearer resource_metadata=https://a.test/m, scope=files:read',
      { resourceMetadata: 'https://a.test/m', scopes: ['files:read'] },
    ],
    ['Bearer realm="a"; resource_metadata="https://a.test/m"', { resourceMetadata: 'https://a.test/m', scopes: [] }],
  ])('reads %s', (header, expected) => {
    expect(bearerChallenge(header)).toEqual(expected);
  });

  it.each([undefined, null, '', 'Basic realm="Bearer"', 'Negotiate abc=='])('finds nothing in %s', (header) => {
    expect(bearerChallenge(header)).toBeUndefined();
  });

  it('reads a hostile header of 64 KB at once', () => {
    const header = `Bearer scope="${'\\"'.repeat(32_000)}`;
    expect(bearerChallenge(header)?.error).toBeUndefined();
  });
});

it('keeps what is a scope, at most 100 of them', () => {
  expect(scopesOf('good b"ad b\\ad spä\u0000t also:good')).toEqual(['good', 'also:good']);
  expect(scopesOf(Array.from({ length: 500 }, (_, index) => `s${index}`).join(' '))).toHaveLength(100);
});

it('names what a challenge wants beyond what was granted', () => {
  const challenge = bearerChallenge('Bearer error="insufficient_scope", scope="read write"')!;
  expect(missingScopes(challenge, ['read'])).toEqual(['write']);
  expect(missingScopes(challenge, ['write', 'read', 'delete'])).toEqual([]);
});
