import { anchorsOf, danglingReferences, threatRows, threatsIn, type Known } from './references.js';
import { knownOf } from './known.js';
import { readRepositoryFile } from './repository.js';

const SCANNED = /\.(?:ts|mts|mjs|cjs|md|yaml|yml)$/;
/** Made by programs, or made to hold references to nothing. */
const NOT_SCANNED = /^(?:test\/deploy\/(?:golden|schemas)\/|test\/support\/documents\/[\w-]+\.spec\.ts$)/;

/** Names that documents explain and libs/config does not read, with their owners. */
const OTHER_NAMES: Record<string, string> = {
  HTTP_PROXY: 'of programs, and of the network in which the gateway runs',
  HTTPS_PROXY: 'of programs, and of the network in which the gateway runs',
  NO_PROXY: 'of programs, and of the network in which the gateway runs',
  MCP_AUTH_TYPE: 'the environment of a registered server',
  OAUTH2_SLACK: 'a value of MCP_AUTH_TYPE',
  CALL_API_REQUEST: 'a tool',
  NODE_EXTRA_CA_CERTS: 'Node',
  SSL_CERT_FILE: 'OpenSSL',
  SSL_CERT_DIR: 'OpenSSL',
  REQUESTS_CA_BUNDLE: 'the library requests of Python',
  PIP_CERT: 'pip',
  CURL_CA_BUNDLE: 'curl',
  NODE_OPTIONS: 'Node',
  LD_PRELOAD: 'the dynamic linker',
  MANIFOLD_LAUNCH: 'programs of the gateway, which have it',
  MANIFOLD_URL: 'the smoke test',
  MANIFOLD_TOKEN: 'the smoke test',
  MANIFOLD_TOKEN_FILE: 'the smoke test',
  FUZZ_SEED: 'property tests',
  SPEC_SEED: 'jest.grouped.config.mjs',
  CONFORMANCE_GATEWAY: 'the conformance suite',
  MCP_CONFORMANCE_CONTEXT: 'the conformance suite',
  MCP_API_SECRETS_KEY: 'an option of npm run admin -- import-mcp-api',
};

describe('the references of code, tests and documents', () => {
  const known = knownOf(Object.keys(OTHER_NAMES));
  const scanned = [...known.paths].filter((path) => SCANNED.test(path) && !NOT_SCANNED.test(path));

  it('exists', () => {
    expect(scanned.length).toBeGreaterThan(500);
    expect(scanned.flatMap((file) => danglingReferences(file, readRepositoryFile(file), known))).toEqual([]);
  });

  it('has names of others that a document explains', () => {
    const documents = scanned.filter((file) => file.endsWith('.md')).map(readRepositoryFile);
    expect(Object.keys(OTHER_NAMES).filter((name) => !documents.some((text) => text.includes(name)))).toEqual([]);
  });
});

describe('danglingReferences', () => {
  const known: Known = {
    paths: new Set([
      'README.md',
      'docs',
      'docs/THREATS.md',
      'docs/OPERATIONS.md',
      'libs/a/src',
      'libs/a/src/deep/b.ts',
    ]),
    threats: new Set([1, 2, 3, 5]),
    settings: new Set(['DATA_DIR']),
    anchors: new Map([
      ['README.md', new Set(['try-it'])],
      ['docs/OPERATIONS.md', new Set(['keys'])],
    ]),
  };
  const faultsIn = (file: string, text: string): string[] =>
    danglingReferences(file, text, known).map((fault) => fault.slice(`${file}: `.length));

  it.each([
    ['one that is there', 'threat 5', []],
    ['one that is not', '(docs/THREATS.md, threat 4)', [4]],
    ['a list', 'threats 1, 2, 7 and 8', [7, 8]],
    ['a range', 'Threats 1 to 4', [4]],
    ['a list over two lines', 'threats 1 and\n9', [9]],
  ])('finds a threat that is no row: %s', (_case, text, missing) => {
    expect(faultsIn('libs/a/src/deep/b.ts', text)).toEqual(
      missing.map((number) => `threat ${number} is no row of docs/THREATS.md`),
    );
  });

  it.each([
    ['libs/a/src/deep/b.ts', 'see SECURITY.md, and README.md', ['SECURITY.md']],
    ['libs/a/src/deep/b.ts', 'see docs/THREATS.md and docs/DESIGN.md', ['docs/DESIGN.md']],
    ['docs/OPERATIONS.md', 'THREATS.md, ../README.md, ../docs/STYLE.md', ['../docs/STYLE.md']],
    ['deploy/values.yaml', '# ../shared/HOUSE.md explains it', ['../shared/HOUSE.md']],
    ['libs/a/src/deep/b.ts', 'https://example.com/x/CHANGES.md', []],
  ])('finds in %s a document that is not there: %s', (file, text, missing) => {
    expect(faultsIn(file, text)).toEqual(missing.map((name) => `there is no document ${name}`));
  });

  it('finds a path that is not there, in code as well', () => {
    const text = 'in `libs/a/src` and `libs/a/src/deep/b.ts`, not in `libs/b/src` or `docs/images/x.png`; `tools/list`';
    const faults = ['there is no path libs/b/src', 'there is no path docs/images/x.png'];
    expect(faultsIn('libs/a/src/deep/b.ts', text)).toEqual(faults);
    expect(faultsIn('README.md', text)).toEqual(faults);
  });

  it('finds a file that a document names by the end of its path', () => {
    const text = '`b.ts`, `deep/b.ts`, `eep/b.ts` and `gone.mjs`';
    expect(faultsIn('docs/OPERATIONS.md', text)).toEqual(['there is no file eep/b.ts', 'there is no file gone.mjs']);
  });

  it('finds a link to a file or heading that is not there', () => {
    const text =
      '[a](../README.md#try-it) [b](#keys) [c](#locks) [d](../README.md#try) [e](gone.txt) [f](https://x.test/#y)';
    expect(faultsIn('docs/OPERATIONS.md', text)).toEqual([
      'docs/OPERATIONS.md has no heading #locks',
      'README.md has no heading #try',
      'there is no gone.txt, which a link names',
    ]);
  });

  it('finds a setting that nothing reads, in documents', () => {
    const text = '`DATA_DIR`, `DATA_DIR=./x`, `DATA_FOLDER`, `LOG_FORMAT=json`, `POST`';
    expect(faultsIn('README.md', text)).toEqual([
      'nothing reads the setting DATA_FOLDER',
      'nothing reads the setting LOG_FORMAT',
    ]);
    expect(faultsIn('libs/a/src/deep/b.ts', text)).toEqual([]);
  });
});

describe('the numbers of threats', () => {
  it('are read from lists and ranges', () => {
    expect(threatsIn('threat 7; threats 1 to 3, 9 and 12; threatening 5')).toEqual([7, 1, 2, 3, 9, 12]);
  });

  it('are those of the table, not of the known gaps', () => {
    const text =
      '## Threats\n\n| # | a |\n| - | - |\n| 1 | x |\n| 12  | y |\n\n## Known gaps\n\n| # | a |\n| 28 | z |\n';
    expect([...threatRows(text)]).toEqual([1, 12]);
  });
});

describe('the anchors of headings', () => {
  it('are made as GitHub makes them, and not of comments in code', () => {
    const text = "# A server's `id`, top-down\n\n```\n# no heading\n```\n\n## Two: words\n";
    expect([...anchorsOf(text)]).toEqual(['a-servers-id-top-down', 'two-words']);
  });
});
