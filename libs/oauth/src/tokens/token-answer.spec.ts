import { inspect } from 'node:util';
import { tokenAnswer } from './token-answer.js';

const BASE = { access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: 'r', scope: 'one two' };
const ALL = { ...BASE, token_type: 'bearer' };

const read = (text: string, status = 200, headers?: HeadersInit) =>
  tokenAnswer({ issuer: 'https://as.test' }, { client_id: 'ours' }, new Response(text, { status, headers }));

describe('the answer of a token endpoint', () => {
  it.each<[string, Record<string, unknown>, object]>([
    ['with all members', {}, {}],
    ['without a type', { token_type: undefined }, {}],
    ['with null for the type', { token_type: null }, {}],
    ['with another spelling of the type', { token_type: 'BEARER' }, {}],
    ['of Slack', { token_type: 'user' }, {}],
    ['with text for the lifetime', { expires_in: '60' }, {}],
    ['with null for the lifetime', { expires_in: null }, { expires_in: undefined }],
    ['with words for the lifetime', { expires_in: 'soon' }, { expires_in: undefined }],
    ['with null for the refresh token', { refresh_token: null }, { refresh_token: undefined }],
    ['with an empty refresh token', { refresh_token: '' }, { refresh_token: undefined }],
    ['with null for the scope', { scope: null }, { scope: undefined }],
    ['with an empty scope', { scope: '' }, { scope: '' }],
    ['with a list of scopes', { scope: ['one', 'two', 3] }, {}],
    ['with commas between the scopes', { scope: 'one,two' }, {}],
    ['with an object for the scope', { scope: { one: true } }, { scope: undefined }],
    ['with null for other members', { id_token: null, error: null, issuer: 7 }, {}],
    ['with an ID token that nobody can verify', { id_token: 'a.b.c' }, {}],
    ['with a lifetime below zero', { expires_in: -1 }, { expires_in: undefined }],
  ])('%s is taken', async (_, change, expected) => {
    expect(await read(JSON.stringify({ ...BASE, ...change }))).toEqual({ ...ALL, ...expected });
  });

  it('is taken as a form, with a byte order mark, with status 201 and with the token of a user inside', async () => {
    const form = new URLSearchParams({ access_token: 'a', expires_in: '60', scope: 'one,two', refresh_token: 'r' });
    expect(await read(`${form}\n`)).toEqual(ALL);
    expect(await read(`\uFEFF${JSON.stringify(BASE)}`, 201)).toEqual(ALL);
    const slack = { ok: true, authed_user: { access_token: 'xoxp', token_type: 'user', scope: 'one,two' } };
    expect(await read(JSON.stringify(slack))).toMatchObject({ access_token: 'xoxp', scope: 'one two' });
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
  ])('%s is a refusal', async (text, status, error) => {
    await expect(read(text, status)).rejects.toMatchObject({ name: 'GrantRefusedError', error });
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
  ])('%s with status %d ends nothing', async (text, status) => {
    await expect(read(text, status)).rejects.toMatchObject({ name: 'OAuthFlowError', code: 'unavailable' });
  });
});

it('a refusal is read beside a challenge of the token endpoint', async () => {
  const refused = read('{"error":"invalid_client"}', 401, { 'www-authenticate': 'Basic realm="as"' });
  await expect(refused).rejects.toMatchObject({ name: 'GrantRefusedError', error: 'invalid_client' });
});

it('tokens that are refused are in no error', async () => {
  const error: unknown = await read('{"access_token":"secret","token_type":"mac"}').catch((caught: unknown) => caught);
  expect(inspect(error, { depth: null })).not.toContain('secret');
});
