import { authMethodOf, clientAuthentication } from './client-authentication.js';

const [SECRET, BASIC, POST] = ['a secret', 'client_secret_basic', 'client_secret_post'];

async function sent(clientId: string, clientSecret?: string, authMethod?: string) {
  const [body, headers] = [new URLSearchParams(), new Headers()];
  const authenticate = clientAuthentication({ clientId, clientSecret, authMethod });
  await authenticate({ issuer: 'https://as.test' }, { client_id: clientId }, body, headers);
  const basic = headers.get('authorization')?.replace('Basic ', '');
  return { body: `${body}`, basic: basic && Buffer.from(basic, 'base64').toString() };
}

describe('a client authenticates', () => {
  it.each<[string | undefined, string | undefined, string[] | undefined, string]>([
    [SECRET, undefined, undefined, BASIC],
    [SECRET, undefined, [], BASIC],
    [SECRET, undefined, ['none', POST, BASIC], BASIC],
    [SECRET, undefined, ['private_key_jwt', POST], POST],
    [SECRET, undefined, ['none'], 'none'],
    [SECRET, undefined, ['private_key_jwt'], POST],
    [SECRET, POST, [], POST],
    [SECRET, POST, [POST, BASIC], POST],
    [SECRET, POST, [BASIC], BASIC],
    [SECRET, 'private_key_jwt', [], BASIC],
    [SECRET, 'none', [], 'none'],
    [undefined, undefined, [BASIC], 'none'],
    [undefined, BASIC, [BASIC], 'none'],
    ['', BASIC, [], 'none'],
  ])(
    'with the secret %j, registered for %s, where %j is supported, by %s',
    (clientSecret, authMethod, supported, method) => {
      expect(authMethodOf({ clientId: 'ours', clientSecret, authMethod }, supported)).toBe(method);
    },
  );

  it('by HTTP Basic so that servers that do not decode find a usual id', async () => {
    const id = '0b54a5a2-3f1c-4e57-9d7a-1f0c8a3c4e55.apps_of.example';
    expect(await sent(id, 's-e.c_r*et', BASIC)).toEqual({ body: '', basic: `${id}:s-e.c_r*et` });
  });

  it('by HTTP Basic with every character encoded that would be read otherwise', async () => {
    expect((await sent('a:b', 'c%d e+ü', BASIC)).basic).toBe('a%3Ab:c%25d+e%2B%C3%BC');
  });

  it('in the body, with or without a secret', async () => {
    expect(await sent('a b', SECRET, POST)).toEqual({ body: 'client_id=a+b&client_secret=a+secret', basic: undefined });
    expect(await sent('ours')).toEqual({ body: 'client_id=ours', basic: undefined });
  });
});
