import { DtoValidationPipe, type ProblemError } from '@manifold/rest';
import { StoreTokensDto } from './user-connections.dto.js';

const pipe = new DtoValidationPipe();

async function faultsOf(body: unknown) {
  const problem = await pipe.transform(body, { type: 'body', metatype: StoreTokensDto }).then(
    () => undefined,
    (error: ProblemError) => error,
  );
  expect(problem?.status ?? 400).toBe(400);
  return (problem?.errors ?? []).map((fault) => fault.pointer);
}

/** The example of the specification. */
const FULL = {
  tokenType: 'Bearer',
  accessToken: 'access-token',
  refreshToken: 'refresh-token',
  expiresIn: 3600,
  scopes: ['read', 'write'],
  clientId: 'client-id',
  clientSecret: 'client-secret',
  redirectUri: 'https://missionsquad.example.com/webhooks/oauth/callback/123',
  codeVerifier: 'v'.repeat(43),
};

it('passes with the fields of the specification, with a username, and with an access token alone', async () => {
  expect(await faultsOf(FULL)).toEqual([]);
  expect(await faultsOf({ ...FULL, username: 'alice' })).toEqual([]);
  expect(await faultsOf({ accessToken: 'a' })).toEqual([]);
});

it.each([
  ['tokenType', ['mac', '', 1]],
  ['accessToken', ['', 'a b', 'a\r\nX-Other: b', 'ä', 1, null, { $ne: '' }, ['a'], 'x'.repeat(16_385)]],
  ['refreshToken', ['', 'a\n', { $gt: '' }]],
  ['expiresIn', [0, -1, 1.5, '3600', Number.MAX_SAFE_INTEGER]],
  ['scopes', ['read', [''], ['a b'], [1], [null], [['a']], Array.from({ length: 101 }, (_, n) => `s${n}`)]],
  ['clientId', ['', 'a\n', 1]],
  ['clientSecret', ['', '\u0000', {}]],
  ['redirectUri', ['', 1, `https://a.example/${'x'.repeat(2048)}`]],
  ['codeVerifier', ['', 'short', `${'v'.repeat(42)}+`, 'v'.repeat(129)]],
  ['username', ['', 1, { $ne: '' }, 'x'.repeat(257)]],
])('refuses a %s that is none', async (field, values) => {
  for (const value of values)
    expect([value, await faultsOf({ ...FULL, [field]: value })]).toEqual([value, [`/${field}`]]);
});

it('reads null in optional fields as absent', async () => {
  const { accessToken } = FULL;
  const empty = Object.fromEntries(Object.keys(FULL).map((field) => [field, null]));
  expect(await faultsOf({ ...empty, accessToken })).toEqual([]);
});

it('refuses a body without an access token, and ignores fields that it does not know', async () => {
  expect(await faultsOf({})).toEqual(['/accessToken']);
  expect(await faultsOf({ ...FULL, tenant: 'other' })).toEqual([]);
  expect(await faultsOf({ ...FULL, resource: 'https://evil.example' })).toEqual([]);
});
