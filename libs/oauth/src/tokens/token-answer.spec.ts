import { tokenAnswer } from './token-answer.js';

const OK = { ok: true, status: 200 };
const BASE = { access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: 'r', scope: 'one two' };
const ALL = { accessToken: 'a', refreshToken: 'r', expiresIn: 60, scopes: ['one', 'two'] };

describe('the answer of a token endpoint', () => {
  it.each<[string, Record<string, unknown>, object]>([
    ['with all members', {}, {}],
    ['without a type', { token_type: undefined }, {}],
    ['with null for the type', { token_type: null }, {}],
    ['with another spelling of the type', { token_type: 'BEARER' }, {}],
    ['of Slack', { token_type: 'user' }, {}],
    ['with text for the lifetime', { expires_in: '60' }, {}],
    ['with null for the lifetime', { expires_in: null }, { expiresIn: undefined }],
    ['with words for the lifetime', { expires_in: 'soon' }, { expiresIn: undefined }],
    ['with null for the refresh token', { refresh_token: null }, { refreshToken: undefined }],
    ['with an empty refresh token', { refresh_token: '' }, { refreshToken: undefined }],
    ['with null for the scope', { scope: null }, { scopes: undefined }],
    ['with an empty scope', { scope: '' }, { scopes: [] }],
    ['with a list of scopes', { scope: ['one', 'two', 3] }, {}],
    ['with commas between the scopes', { scope: 'one,two' }, {}],
    ['with an object for the scope', { scope: { one: true } }, { scopes: undefined }],
    ['with null for other members', { id_token: null, error: null, issuer: 7 }, {}],
  ])('%s is taken', (_, change, expected) => {
    expect(tokenAnswer(OK, JSON.stringify({ ...BASE, ...change }))).toEqual({ ...ALL, ...expected });
  });

  it('is taken as a form, with a byte order mark, with status 201 and with the token of a user inside', () => {
    const form = new URLSearchParams({ access_token: 'a', expires_in: '60', scope: 'one,two', refresh_token: 'r' });
    expect(tokenAnswer(OK, `${form}\n`)).toEqual(ALL);
    expect(tokenAnswer({ ok: true, status: 201 }, `\uFEFF${JSON.stringify(BASE)}`)).toEqual(ALL);
    const slack = { ok: true, authed_user: { access_token: 'xoxp', token_type: 'user', scope: 'one,two' } };
    expect(tokenAnswer(OK, JSON.stringify(slack))).toMatchObject({ accessToken: 'xoxp', scopes: ['one', 'two'] });
  });

  it.each([
    ['error=bad_verification_code&error_description=x', 200, 'bad_verification_code'],
    ['{"error":"invalid_grant","error_description":null}', 400, 'invalid_grant'],
    ['{"error":"a\\"b"}', 400, 'unknown error'],
    [`{"error":"${'a1'.repeat(20)}"}`, 400, 'unknown error'],
    ['{"error":{"code":"invalid_grant"}}', 400, 'invalid_grant'],
    ['{"error":{"code":400,"type":"invalid_grant"}}', 401, 'invalid_grant'],
    ['{"code":"INVALID_GRANT"}', 400, 'invalid_grant'],
    ['{"status":"BAD_REFRESH_TOKEN","message":"missing or unknown refresh token"}', 400, 'bad_refresh_token'],
    ['{"ok":false,"error":"invalid_refresh_token"}', 200, 'invalid_refresh_token'],
  ])('%s is a refusal', (text, status, error) => {
    const refused = () => tokenAnswer({ ok: status === 200, status }, text);
    expect(refused).toThrow(expect.objectContaining({ name: 'GrantRefusedError', error }));
  });

  it.each<[string, number]>([
    ['<html>', 200],
    ['[]', 200],
    ['null', 200],
    ['{}', 200],
    ['{"access_token":null}', 200],
    ['{"access_token":7}', 200],
    ['{"access_token":"a\\nb"}', 200],
    ['{"access_token":"a","token_type":"DPoP"}', 200],
    ['{"access_token":"a","token_type":"mac"}', 200],
    ['{"access_token":"a"}', 400],
    ['{"error":{"code":190}}', 400],
    ['{"error":{"code":"invalid_grant"}}', 500],
    ['{"error":{"code":"invalid_grant"}}', 404],
    ['{"status":"error","code":"busy"}', 400],
    ['{"code":"invalid_grant"}', 200],
    ['{"ok":false,"error":"internal_error"}', 200],
    ['{"ok":false,"error":"fatal_error"}', 200],
    ['{"ok":false,"error":"service_unavailable"}', 200],
    ['{"ok":false,"error":"ratelimited"}', 200],
    ['{"ok":false,"error":"request_timeout"}', 200],
    ['{"error":"invalid_grant"}', 503],
    ['{"error":"slow_down"}', 400],
  ])('%s with status %d ends nothing', (text, status) => {
    const refused = () => tokenAnswer({ ok: status < 300, status }, text);
    expect(refused).toThrow(expect.objectContaining({ name: 'OAuthFlowError', code: 'unavailable' }));
  });
});
