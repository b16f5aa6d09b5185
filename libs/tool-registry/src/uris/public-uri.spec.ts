import fc from '../../../../test/support/fuzz.js';
import { ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { Namespaces } from './namespaces.js';
import { publicUri, readPublicUri } from './public-uri.js';

const provider = (id: string, hasResources = false): ToolProvider =>
  ({ id, ...(hasResources && { listResources: () => [] }) }) as unknown as ToolProvider;
const [main, other, third] = [provider('servers', true), provider('other', true), provider('oth')];
const namespaces = new Namespaces(new ToolProviders([third, main, other]));
const publicName = (owner: ToolProvider, app: string, uri: string): string =>
  namespaces.urisOf(owner, app).publicUri(uri);
function readName(uri: string) {
  const read = readPublicUri(uri);
  return read && { ...namespaces.read(read.namespace), uri: read.uri };
}

const owners = fc.constantFrom(main, other, third);
const apps = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a@b',
    'A',
    'a+b',
    'other+a',
    'other',
    '..',
    'ui',
    'a/b',
    'a%2Fb',
    '#',
    ':~:mcp-server=a',
    '{x}',
  ),
  fc.string({ minLength: 1 }),
);
const parts = fc.constantFrom(
  ...[
    'ui://',
    'UI://',
    'skill://',
    'file:///',
    'https://',
    'data:,',
    'a',
    'a/',
    'app/index.html',
    '/',
    '//',
    '#',
    '##',
  ],
  ...[
    '?q=1',
    ':~:mcp-server=',
    ':~:mcp-server=a',
    '#:~:mcp-server=b',
    ':~:',
    '{x}',
    '{+x}',
    '{#x}',
    '%2F',
    ' ',
    'é',
    '+',
  ],
);
const uris = fc.oneof(
  fc.string(),
  fc.array(parts, { maxLength: 6 }).map((chosen) => chosen.join('')),
);

describe('the public URI of a resource', () => {
  it.each([
    ['ui://app/index.html', 'ui://s/app/index.html'],
    ['ui://', 'ui://s/'],
    ['skill://pdf/SKILL.md', 'skill://s/pdf/SKILL.md'],
    ['file:///report.txt', 'file:///report.txt#:~:mcp-server=s'],
    ['https://example.com/#/route', 'https://example.com/#/route:~:mcp-server=s'],
    ['memo', 'memo#:~:mcp-server=s'],
    ['page#', 'page##:~:mcp-server=s'],
    ['note://{id}', 'note://{id}#:~:mcp-server=s'],
    ['page://{name}{#part}', 'page://{name}{#part}:~:mcp-server=s'],
    ['ui://{name}/view', 'ui://s/{name}/view'],
    ['ui://x#:~:mcp-server=t', 'ui://s/x#:~:mcp-server=t:~:mcp-server=s'],
    [' \tu\ni://app/index.html', ' \tu\ni://s/app/index.html'],
  ])('of %s is %s', (uri, expected) => {
    expect(publicName(main, 's', uri)).toBe(expected);
    expect(readName(expected)).toEqual({ provider: main, app: 's', uri });
  });

  it.each(['ui://s', 'ui:///x', 'ui:x', 'file:///report.txt', 'file://s/report.txt', '', '#'])(
    'is not %s, which names no server',
    (uri) => expect(readPublicUri(uri)).toBeUndefined(),
  );

  it.each([
    ['notes', 'notes'],
    ['Notes', '~4eotes'],
    ['no@tes.x_y-1', 'no~40tes.x_y-1'],
    ['é~', '~c3~a9~7e'],
  ])('has no characters in the host that parsers fold or refuse: %s is %s', (app, host) => {
    expect(publicName(main, app, 'ui://x')).toBe(`ui://${host}/x`);
    expect(publicName(main, app, 'file:///x')).toBe(`file:///x#:~:mcp-server=${host}`);
  });

  it('names nobody if its host and its directive name two apps', () => {
    expect(readPublicUri('ui://a/x#:~:mcp-server=b')).toBeUndefined();
    expect(readPublicUri('ui://a:~:mcp-server=a/x')).toBeUndefined();
    expect(readPublicUri('ui://a/x#:~:mcp-server=b:~:mcp-server=a')).toEqual({
      ...{ namespace: 'a', uri: 'ui://x#:~:mcp-server=b' },
    });
  });

  it('names the provider of an app too, if it is not the one that has the registered servers', () => {
    expect(publicName(third, 'slack', 'ui://x')).toBe('ui://oth+slack/x');
    expect(publicName(main, 'oth+slack', 'ui://x')).toBe('ui://oth~2bslack/x');
  });

  it('stays the same in a URL parser, as long as the URI itself does', () => {
    const normal = (uri: string): boolean => URL.canParse(uri) && new URL(uri).href === uri;
    const names = fc.constantFrom('a', 'A_b', 'a@b.c', '1', '127.1', 'xn--a');
    fc.assert(
      fc.property(names, uris.filter(normal), (app, uri) => {
        const named = publicName(main, app, uri);
        const parsed = new URL(named).href;
        expect(readName(parsed)).toMatchObject({ provider: main, app });
        if (!uri.toLowerCase().startsWith('ui:') && !uri.startsWith('skill:')) expect(parsed).toBe(named);
      }),
    );
  });

  it('leads back to its owner and to the URI in its words, whatever names and URIs there are', () => {
    fc.assert(
      fc.property(owners, apps, uris, (owner, app, uri) => {
        const wellFormed = app.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
        expect(readName(publicName(owner, app, uri))).toEqual({ provider: owner, app: wellFormed, uri });
      }),
      { numRuns: 5_000 },
    );
  });

  it('is that of one owner and one URI only', () => {
    const named = fc.tuple(owners, fc.constantFrom('a', 'b', 'a+b', 'other+a'), uris);
    fc.assert(
      fc.property(fc.array(named, { maxLength: 30 }), (all) => {
        const identities = new Set(all.map(([owner, app, uri]) => JSON.stringify([owner.id, app, uri])));
        expect(new Set(all.map((one) => publicName(...one))).size).toBe(identities.size);
      }),
      { numRuns: 500 },
    );
  });

  it('is read in one spelling of its owner only', () => {
    for (const namespace of [
      '%61',
      '~61',
      'A',
      '~4E',
      '~4',
      '~ff',
      '~',
      'servers+a',
      'a%2Fb',
      'a@b',
      '%',
      'a+b+c',
      '+a',
      'none+a',
    ]) {
      expect(namespaces.read(namespace)).toBeUndefined();
    }
  });

  it('may be expanded from the public template: it is then the URI that the own template gives', () => {
    const values = fc.oneof(
      fc.string({ unit: 'grapheme-ascii' }),
      fc.constantFrom('a/b', 'a#b', ':~:mcp-server=b', 'x#'),
    );
    const templates = fc.constantFrom('note://{x}', 'file:///{x}', 'ui://{x}/view', 'a://b?q={x}', 'a://b#{x}', '{x}');
    const expand = (template: string, value: string): string => template.replace('{x}', () => value);
    fc.assert(
      fc.property(templates, values, (template, value) => {
        const own = expand(template, value);
        fc.pre(!/^(ui|skill):/i.test(own) || template.startsWith('ui:'));
        fc.pre(!own.endsWith('#') || !template.includes('#'));
        const asked = expand(publicUri('s', template), value);
        // A value that names an app makes a URI that names two.
        if (template.startsWith('ui:') && value.includes(':~:mcp-server='))
          return expect(readPublicUri(asked)).toBeUndefined();
        return expect(readPublicUri(asked)).toEqual({ namespace: 's', uri: own });
      }),
      { numRuns: 2_000 },
    );
  });
});
