import { createSecretKey, generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';

const LIFETIME = 600;

interface WorkspaceKeys {
  readonly algorithms: readonly [string, ...string[]];
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  /** The setting that gives a gateway the key for verification. */
  readonly variable: Readonly<Record<string, string>>;
}

/** A workspace of Integration.app: the data that its settings page shows to the owner of a real workspace. */
export class Workspace {
  readonly key = randomUUID();

  private constructor(private readonly keys: WorkspaceKeys) {}

  /** Creates a workspace whose tokens are signed with the workspace's secret. */
  static withSecret(): Workspace {
    const secret = randomBytes(32).toString('hex');
    const key = createSecretKey(secret, 'utf8');
    const variable = { INTEGRATION_APP_WORKSPACE_SECRET: secret };
    return new Workspace({ algorithms: ['HS512', 'HS256'], signing: key, verifying: key, variable });
  }

  /** Creates a workspace whose tokens are signed with a private key of the customer; the workspace knows the public key. */
  static withKeyPair(): Workspace {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const variable = { INTEGRATION_APP_PUBLIC_KEY: pem };
    return new Workspace({ algorithms: ['ES256'], signing: privateKey, verifying: publicKey, variable });
  }

  get algorithms(): readonly string[] {
    return this.keys.algorithms;
  }

  get verificationKey(): KeyObject {
    return this.keys.verifying;
  }

  /** The settings with which a gateway uses the workspace. */
  get settings(): Record<string, string> {
    return { INTEGRATION_APP_WORKSPACE_KEY: this.key, ...this.keys.variable };
  }

  /** Returns an access token of the older generation. `claims` replace the default claims; undefined removes a claim. */
  token(user: string, claims: JWTPayload = {}): Promise<string> {
    return this.sign({ id: user, name: user, iss: this.key, ...claims });
  }

  /** Returns an access token of the newer generation. */
  newerToken(user: string, claims: JWTPayload = {}): Promise<string> {
    return this.sign({ workspaceKey: this.key, tenantKey: user, name: user, ...claims });
  }

  private sign(claims: JWTPayload): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const [alg] = this.keys.algorithms;
    return new SignJWT({ iat: now, exp: now + LIFETIME, ...claims })
      .setProtectedHeader({ alg, typ: 'JWT' })
      .sign(this.keys.signing);
  }
}
