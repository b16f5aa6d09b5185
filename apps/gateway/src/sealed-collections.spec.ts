import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEALED_COLLECTIONS } from './sealed-collections.js';

/** Who seals, and what becomes of it in a rotation of keys. */
const SEALING: Readonly<Record<string, string>> = {
  'audit/src/arguments-digest.ts': 'audit_keys',
  'oauth/src/browser/connect-links.service.ts': 'ends within 15 minutes',
  'oauth/src/client-registration.ts': 'oauth_clients',
  'oauth/src/manual-clients.ts': 'oauth_manual_clients',
  'oauth/src/pending-authorizations.ts': 'ends within 10 minutes',
  'oauth/src/token-vault.ts': 'oauth_tokens',
  'packages/src/package-runtimes.ts': 'packages',
  'secrets/src/keyring-bus-seal.ts': 'goes from one replica to another and is not kept',
  'secrets/src/secrets.service.ts': 'secrets',
  'transport/src/sealed-text.ts': 'clients carry it; it opens for a day',
};

describe('The collections that a rotation of keys seals anew', () => {
  it('are those of everybody who keeps sealed texts', () => {
    const sources = readdirSync('libs', { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\/src\/.*\.ts$/.test(name) && !/\.spec\.ts$|\/testing\//.test(name),
    );
    const sealing = sources.filter((name) =>
      /sealJson\(this|keyring\.seal\(/.test(readFileSync(join('libs', name), 'utf8')),
    );
    const inside = ['oauth/src/sealed-json.ts', 'secrets/src/sealed-records.ts'];
    expect(sealing.filter((name) => !inside.includes(name)).sort()).toEqual(Object.keys(SEALING));

    const names = SEALED_COLLECTIONS.map(({ spec }) => spec.name);
    expect(names.sort()).toEqual(
      Object.values(SEALING)
        .filter((what) => !what.includes(' '))
        .sort(),
    );
  });
});
