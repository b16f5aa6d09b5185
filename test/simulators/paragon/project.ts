import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';

const LIFETIME = 600;

/** A Paragon project with its own signing key: the data that the dashboard shows to the owner of a real project. */
export class ParagonProject {
  readonly projectId = randomUUID();
  readonly publicKey: KeyObject;
  private readonly privateKey: KeyObject;

  constructor() {
    ({ publicKey: this.publicKey, privateKey: this.privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 }));
  }

  /** The settings with which a gateway uses the project. */
  get settings(): Record<string, string> {
    const pem = this.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    return { PROJECT_ID: this.projectId, SIGNING_KEY: pem };
  }

  /** Returns a Paragon User Token. `claims` replace the default claims; undefined removes a claim. */
  token(user: string, claims: JWTPayload = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const all = { sub: user, aud: `useparagon.com/${this.projectId}`, iat: now, exp: now + LIFETIME, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(this.privateKey);
  }
}
