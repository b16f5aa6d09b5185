import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEALED_COLLECTIONS } from './sealed-collections.js';

/** The files that seal: the collection that a rotation of keys seals anew, or the reason why none is needed. */
const SEALING: Readonly<Record<string, string>> = {
  'audit/src/arguments-digest.ts': 'audit_keys',
  'oauth/src/browser/connect-links.service.ts': 'ends within 15 minutes',
  'oauth/src/clients/client-registration.ts': 'oauth_clients',
  'oauth/src/clients/manual-clients.ts': 'oauth_manual_clients',
  'oauth/src/flow/pending-authorizations.ts': 'ends within 10 minutes',
  'oauth/src/tokens/token-vault.ts': 'oauth_tokens',
  'packages/src/installs/package-runtimes.ts': 'packages',
  'secrets/src/keyring-bus-seal.ts': 'goes from one replica to another and is not kept',
  'secrets/src/secrets.service.ts': 'secrets',
  'transport/src/json-rpc/sealed-text.ts': 'clients carry it; it opens for a day',
};

/** The files that declare confidential fields, and their collections. */
const CONFIDENTIAL: Readonly<Record<string, string>> = {
  'mcp-hosting/src/metadata/server-sessions.ts': 'mcp_server_sessions',
  'mcp-hosting/src/model/servers-collection.ts': 'mcp_servers',
  'packages/src/jobs/job-record.ts': 'package_jobs',
  'transport/src/streams/event-records.ts': 'mcp_events',
};

describe('The collections that a rotation of keys seals anew', () => {
  it('are those of everybody who keeps sealed texts', () => {
    const sources = readdirSync('libs', { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\/src\/.*\.ts$/.test(name) && !/\.spec\.ts$|\/testing\//.test(name),
    );
    const sealing = sources.filter((name) =>
      /sealJson\(this|keyring\.seal\(/.test(readFileSync(join('libs', name), 'utf8')),
    );
    const inside = [
      'oauth/src/protocol/sealed-json.ts',
      'secrets/src/sealed-records.ts',
      'secrets/src/store-sealer.ts',
    ];
    expect(sealing.filter((name) => !inside.includes(name)).sort()).toEqual(Object.keys(SEALING));

    const names = SEALED_COLLECTIONS.filter(({ spec }) => !spec.confidential).map(({ spec }) => spec.name);
    expect(names.sort()).toEqual(
      Object.values(SEALING)
        .filter((what) => !what.includes(' '))
        .sort(),
    );
  });

  it('are all collections with confidential fields', () => {
    const sources = readdirSync('libs', { recursive: true, encoding: 'utf8' }).filter(
      (name) => /\/src\/.*\.ts$/.test(name) && !/\.spec\.ts$|\/testing\/|^store\//.test(name),
    );
    const declaring = sources.filter((name) => /^ {2}confidential: /m.test(readFileSync(join('libs', name), 'utf8')));
    const collections = SEALED_COLLECTIONS.filter(({ spec }) => spec.confidential).map(({ spec }) => spec.name);
    expect(declaring.sort()).toEqual(Object.keys(CONFIDENTIAL));
    expect(collections.sort()).toEqual(Object.values(CONFIDENTIAL).sort());
  });
});
