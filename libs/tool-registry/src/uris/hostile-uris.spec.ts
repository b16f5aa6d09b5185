import fc, { FUZZ_SEED } from '../../../../test/support/fuzz.js';
import { ToolProviders, type RawObject, type ToolProvider } from '@manifold/tool-provider';
import { clientSpellings, expansions, HOSTILE_TEMPLATES, HOSTILE_URIS } from '../../../../test/support/hostile-uris.js';
import { Namespaces } from './namespaces.js';
import { readPublicUri } from './public-uri.js';

const provider = (id: string, hasResources = false): ToolProvider =>
  ({ id, ...(hasResources && { listResources: () => [] }) }) as unknown as ToolProvider;
const [main, other] = [provider('servers', true), provider('other', true)];
const namespaces = new Namespaces(new ToolProviders([main, other]));

interface Owner {
  readonly provider: ToolProvider;
  readonly app: string;
}

function ownerOf(uri: string): (Owner & { readonly uri: string }) | undefined {
  const read = readPublicUri(uri);
  const owner = read && namespaces.read(read.namespace);
  return owner && { ...owner, uri: read.uri };
}

const victim = 'notes';
const names = fc.oneof(
  fc.constantFrom(victim, 'Notes', 'NOTES', 'no@tes', 'notes.', 'n~6ftes', 'other+notes', 'ünder', 'a/b', '%6eotes'),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/),
  fc.string({ minLength: 1, unit: 'grapheme' }),
);
const owners = fc.record({ provider: fc.constantFrom(main, other), app: names });
const pieces = fc.constantFrom(...HOSTILE_URIS, '#', '%', '\t', ' ', '/', ':~:', ':~:mcp-server=', '~6eotes', 'é');
const uris = fc.oneof(
  fc.constantFrom(...HOSTILE_URIS),
  fc.array(pieces, { maxLength: 4 }).map((chosen) => chosen.join('')),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string({ unit: 'binary' }),
);
const urisOf = ({ provider: owner, app }: Owner) => namespaces.urisOf(owner, app);

// The seed is part of the title: it repeats the run with `FUZZ_SEED=`.
describe(`URIs, names and cache keys of hostile servers (FUZZ_SEED=${FUZZ_SEED})`, () => {
  it('have a namespace that no other name has, even if case is folded, and that every URL parser leaves as it is', () => {
    fc.assert(
      fc.property(owners, owners, (one, two) => {
        const [first, second] = [one, two].map((owner) => urisOf(owner).publicUri('ui://x')) as [string, string];
        const isSame = one.provider === two.provider && one.app === two.app;
        expect(first.toLowerCase() === second.toLowerCase()).toBe(isSame);
        expect(new URL(first).href).toBe(first);
        expect(first).toMatch(/^ui:\/\/[a-z0-9._~+-]+\/x$/);
        expect(urisOf(one) === urisOf(two)).toBe(isSame);
      }),
      { numRuns: 3_000 },
    );
  });

  it('lead to nobody else, whatever clients make of them', () => {
    fc.assert(
      fc.property(owners, uris, (owner, uri) => {
        const shown = urisOf(owner).publicUri(uri);
        expect(ownerOf(shown)).toEqual({ ...owner, uri });
        for (const spelling of clientSpellings(shown)) expectOwner(spelling, owner);
      }),
      { numRuns: 3_000 },
    );
  });

  it('lead to nobody else from templates, whatever values clients put into them', () => {
    const values = fc.oneof(fc.constantFrom('ui', 'i', 'skill', '', ...HOSTILE_URIS), fc.string());
    const templates = fc.oneof(fc.constantFrom(...HOSTILE_TEMPLATES), uris);
    fc.assert(
      fc.property(owners, templates, values, (owner, template, value) => {
        for (const asked of expansions(urisOf(owner).publicUri(template), value)) {
          // A template that the client fills with the directive of another server is the client's own wish.
          for (const spelling of [asked, ...clientSpellings(asked)]) expectOwner(spelling, owner);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('come back as they were in arguments and answers, and only to their owner', () => {
    fc.assert(
      fc.property(owners, owners, uris, (owner, stranger, uri) => {
        const shown = urisOf(owner).publicUri(uri);
        const answer = (text: string): Record<string, RawObject> => ({
          one: { content: [{ type: 'resource', resource: { uri: text } }] },
        });
        expect(urisOf(owner).ownAnswers(answer(shown))).toEqual(answer(uri));
        const args = urisOf(owner).ownArguments({ deep: [shown] });
        expect([{ deep: [uri] }, { deep: [shown] }]).toContainEqual(args);
        if (stranger.app === owner.app) return;
        expect(urisOf(stranger).ownAnswers(answer(shown))).toEqual(answer(shown));
        expect(urisOf(stranger).ownArguments({ deep: [shown] })).toEqual({ deep: [shown] });
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Fails if a URI leads to another owner. It may lead to nobody. */
function expectOwner(uri: string, { provider: owner, app }: Owner): void {
  const found = ownerOf(uri);
  if (found) expect([uri, found.provider.id, found.app]).toEqual([uri, owner.id, app]);
}
