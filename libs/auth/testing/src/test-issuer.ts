import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

const part = (value: Json | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A JWS of whatever header and payload, signed by whatever function. */
export function forge(header: Json, payload: Json | string, signature: (input: string) => Buffer): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}

interface SigningKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** An authorization server: real keys, and a real JWKS endpoint on loopback that counts its requests and can fail. */
export class TestIssuer {
  readonly requests: string[] = [];
  failing = false;
  private readonly keys: SigningKey[] = [];
  private server?: Server;

  constructor(readonly issuer: string) {
    this.rotate();
  }

  /** Adds a key, which signs from now on. */
  rotate(): void {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.keys.unshift({ kid: `key-${this.keys.length + 1}`, ...pair });
  }

  async listen(): Promise<void> {
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      this.requests.push(request.url ?? '');
      response.statusCode = this.failing ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: this.keys.map(({ kid, publicKey }) => jwk(kid, publicKey)) }));
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  get pem(): string {
    return this.keys[0]!.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  }

  get jwk(): object {
    return jwk(this.keys[0]!.kid, this.keys[0]!.publicKey);
  }

  /** A good token for an hour, for the audience of the tests; `claims` and `header` replace fields, undefined removes them. */
  token(claims: Json = {}, header: Json = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const { kid, privateKey } = this.keys[0]!;
    const payload = {
      iss: this.issuer,
      aud: 'https://gateway.test/mcp',
      sub: 'alice',
      iat: now,
      exp: now + 3600,
      ...claims,
    };
    const fields = { alg: 'RS256', typ: 'JWT', kid, ...header };
    const padding = fields.alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    return forge(fields, payload, (input) =>
      sign(`sha${fields.alg.slice(2)}`, Buffer.from(input), {
        key: privateKey,
        padding,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
    );
  }

  async close(): Promise<void> {
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
  }
}

const jwk = (kid: string, key: KeyObject): object => ({
  ...key.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg: 'RS256',
});
