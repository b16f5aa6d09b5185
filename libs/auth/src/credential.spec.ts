import type { FastifyRequest } from 'fastify';
import fc from '../../../test/support/fuzz.js';
import { mintApiKey } from './api-keys/api-key.js';
import { credentialOf } from './credential.js';

const KEY = mintApiKey();

const credentialIn = (rawHeaders: string[], query: object = {}, url = '/mcp') =>
  credentialOf({ raw: { rawHeaders }, query, routeOptions: { url, method: 'POST' } as FastifyRequest['routeOptions'] });

describe('The credential of a request', () => {
  it.each<[string, string[], object]>([
    ['no header', [], { kind: 'none' }],
    ['other headers', ['Host', 'x', 'Content-Type', 'y'], { kind: 'none' }],
    ['a bearer token', ['Authorization', 'Bearer a.b.c'], { kind: 'jwt', token: 'a.b.c' }],
    ['the scheme and name in other cases', ['AUTHORIZATION', 'bEARER a.b.c'], { kind: 'jwt', token: 'a.b.c' }],
    ['an API key as bearer token', ['authorization', `Bearer ${KEY}`], { kind: 'api-key', key: KEY }],
    ['an API key in its own header', ['X-API-Key', KEY], { kind: 'api-key', key: KEY }],
  ])('is found: %s', (_case, headers, expected) => {
    expect(credentialIn(headers)).toEqual(expected);
  });

  it.each<[string, string[]]>([
    ['an empty Authorization header', ['authorization', '']],
    ['a scheme without a token', ['authorization', 'Bearer']],
    ['a token without a scheme', ['authorization', 'a.b.c']],
    ['another scheme', ['authorization', 'Basic YTpi']],
    ['two tokens in one header', ['authorization', 'Bearer a.b.c d.e.f']],
    ['a list of credentials', ['authorization', 'Bearer a.b.c, Bearer d.e.f']],
    ['characters outside the token grammar', ['authorization', 'Bearer a"b']],
    ['a JWT in the API key header', ['x-api-key', 'a.b.c']],
    ['an API key that is too short', ['x-api-key', KEY.slice(0, -1)]],
    ['an API key with something behind it', ['x-api-key', `${KEY}\n`]],
    ['two Authorization headers', ['authorization', 'Bearer a.b.c', 'Authorization', 'Bearer d.e.f']],
    ['the same credential twice', ['authorization', `Bearer ${KEY}`, 'x-api-key', KEY]],
    ['a malformed credential behind a good one', ['x-api-key', KEY, 'authorization', 'nonsense']],
  ])('is refused: %s', (_case, headers) => {
    expect(credentialIn(headers)).toEqual({ kind: 'malformed' });
  });

  describe('in the query', () => {
    it('is a token where there is no other', () => {
      const expected = { kind: 'jwt', token: 'a.b.c', inQuery: true };
      expect(credentialIn(['Host', 'x'], { token: 'a.b.c' })).toEqual(expected);
      expect(credentialIn([], {})).toEqual({ kind: 'none' });
    });

    it.each<[string, string[], unknown]>([
      ['beside a bearer token', ['authorization', 'Bearer a.b.c'], 'a.b.c'],
      ['beside an API key', ['x-api-key', KEY], 'a.b.c'],
      ['beside a malformed header', ['authorization', 'nonsense'], 'a.b.c'],
      ['given twice', [], ['a.b.c', 'a.b.c']],
      ['empty', [], ''],
      ['an API key', [], KEY],
      ['with the scheme', [], 'Bearer a.b.c'],
      ['with a line break', [], 'a.b.c\n'],
    ])('is refused: %s', (_case, headers, queryToken) => {
      expect(credentialIn(headers, { token: queryToken })).toEqual({ kind: 'malformed' });
    });
  });

  describe('in the URL of a message', () => {
    const query = { sessionId: 's' };

    it('is the id of the session, if there is no other', () => {
      expect(credentialIn([], query, '/messages')).toEqual({ kind: 'stream', sessionId: 's' });
      expect(credentialIn(['authorization', 'Bearer a.b.c'], query, '/messages')).toMatchObject({ kind: 'jwt' });
      expect(credentialIn([], { ...query, token: 'a.b.c' }, '/messages')).toMatchObject({ kind: 'jwt' });
    });

    it('is not read on another route, and must be given once', () => {
      expect(credentialIn([], query)).toEqual({ kind: 'none' });
      expect(credentialIn([], { sessionId: ['s', 's'] }, '/messages')).toEqual({ kind: 'none' });
    });
  });

  it('is a token of the grammar or refused, whatever the header holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const credential = credentialIn(['authorization', value]);
        if (credential.kind !== 'jwt') return credential.kind === 'malformed' || credential.kind === 'api-key';
        return /^[\w\-.~+/]+=*$/.test(credential.token);
      }),
      { examples: [['Bearer a'], ['Bearer '], ['Bearer a\r\nX: y']] },
    );
  });
});
