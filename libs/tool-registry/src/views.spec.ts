import { ToolProviders, type ToolDescriptor, type ToolProvider } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { contextOf, SilentProvider, startRegistry, type StartedRegistry } from '../testing/src/index.js';
import { Catalogue, type Listing } from './catalogue/catalogue.js';
import { Catalogues } from './catalogue/catalogues.js';
import { EVERYTHING, viewOf } from './catalogue/view.js';
import { UnknownToolError } from './calls/unknown-tool.error.js';
import { findWanted } from './catalogue/wanted-tools.js';
import { Namespaces } from './uris/namespaces.js';

const named = (app: string, name: string): ToolDescriptor => ({
  ref: { app, name },
  app,
  name,
  publicName: `${app}_${name}`,
  definition: { name, inputSchema: { type: 'object' } },
});
const listing = (...tools: ToolDescriptor[]): Listing => ({ provider: { id: 'one' } as ToolProvider, tools });
const namesOf = ({ tools }: Catalogue): string[] => tools.map(({ publicName }) => publicName);

const namespaces = new Namespaces(new ToolProviders([]));
const alice = fixturePrincipal('alice');
const TOOLS = [named('gmail', 'send'), named('gmail', 'read'), named('slack', 'post'), named('my_app', 'a_b')];

describe('a view', () => {
  let started: StartedRegistry;
  let provider: SilentProvider;

  beforeEach(() => {
    provider = new SilentProvider(async () => TOOLS);
    started = startRegistry(provider);
  });
  afterEach(() => started.stop());

  const list = async (...apps: string[]): Promise<string[]> =>
    namesOf(await started.registry.list(contextOf(alice), viewOf(apps, false)));
  const call = (name: string, ...apps: string[]) =>
    started.registry.call(name, {}, contextOf(alice), viewOf(apps, false));

  it('is one object for all who want the same, in whatever order and however often they say it', () => {
    expect(viewOf(['b', 'a', 'b'], false)).toBe(viewOf(['a', 'b'], false));
    expect(viewOf(undefined, false)).toBe(EVERYTHING);
    const keys = [viewOf(['a'], false), viewOf(['a'], true), viewOf(undefined, true), EVERYTHING].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
  });

  it('lists the tools of its apps only, and nothing for an app that does not exist', async () => {
    expect(await list('gmail')).toEqual(['gmail_send', 'gmail_read']);
    expect(await list('slack', 'gmail')).toEqual(['gmail_send', 'gmail_read', 'slack_post']);
    expect(await list('nothing')).toEqual([]);
    expect(await list('nothing', 'slack')).toEqual(['slack_post']);
  });

  it('hides the other tools from calls too', async () => {
    await expect(call('slack_post', 'gmail')).rejects.toThrow(UnknownToolError);
    expect(await call('slack_post', 'slack')).toMatchObject({ content: [{ text: '{"app":"slack","name":"post"}' }] });
  });

  it('shares its list with all who see the same, and asks no provider for it', async () => {
    const bob = fixturePrincipal('bob');
    const [one, other] = [viewOf(['gmail'], false), viewOf(['gmail'], false)];
    const mine = await started.registry.list(contextOf(alice), one);
    expect(await started.registry.list(contextOf(alice), other)).toBe(mine);
    expect(mine.jsonFor()).toBe(mine.jsonFor());
    const asked = provider.asked.length;
    await started.registry.list(contextOf(alice), viewOf(['slack'], false));
    expect(provider.asked).toHaveLength(asked);
    expect((await started.registry.list(contextOf(bob), one)).tools).toEqual(mine.tools);
  });

  it('gives tools the names that they have among all tools', () => {
    const clash = [
      { ...named('one', 'tool'), publicName: 'same' },
      { ...named('two', 'tool'), publicName: 'same' },
    ];
    const all = Catalogue.of([listing(...clash)], 60, namespaces);
    const names = namesOf(all);
    expect(namesOf(all.only(viewOf(['two'], false)))).toEqual([names[1]]);
    expect(names[1]).not.toBe('same');
  });

  it('searches the whole catalogue within its apps', async () => {
    const search = async (view = EVERYTHING) =>
      (await started.registry.search('send or post', 10, contextOf(alice), view)).map(({ publicName }) => publicName);
    expect((await search()).sort()).toEqual(['gmail_send', 'slack_post']);
    expect(await search(viewOf(['slack'], true))).toEqual(['slack_post']);
  });
});

describe('the catalogues of views', () => {
  it('push each other out, and never a whole catalogue', () => {
    const catalogues = new Catalogues(
      60,
      namespaces,
      () => true,
      () => undefined,
    );
    const all = [listing(...TOOLS)];
    const whole = catalogues.of(all);
    const first = catalogues.only(viewOf(['gmail'], false), all);
    expect(catalogues.only(viewOf(['gmail'], false), all)).toBe(first);
    for (let index = 0; index < 1_100; index += 1) catalogues.only(viewOf([`app-${index}`], false), all);
    expect(catalogues.of(all)).toBe(whole);
    expect(catalogues.only(viewOf(['gmail'], false), all)).not.toBe(first);
  });

  it('go with the listing that they are made of', () => {
    const unused: Catalogue[] = [];
    const catalogues = new Catalogues(
      60,
      namespaces,
      () => true,
      (catalogue) => unused.push(catalogue),
    );
    const one = listing(...TOOLS);
    const [whole, part] = [catalogues.of([one]), catalogues.only(viewOf(['gmail'], false), [one])];
    catalogues.forget(one);
    expect(unused).toEqual([whole]);
    expect(catalogues.only(viewOf(['gmail'], false), [one])).not.toBe(part);
  });
});

describe('names of tools that a client wants', () => {
  const catalogue = Catalogue.of(
    [
      listing(
        named('gmail', 'send-email'),
        named('google-calendar', 'create-event'),
        named('google', 'calendar-x'),
        named('my_app', 'a_b'),
        { ...named('crm', 'add contact'), publicName: 'CRM_ADD' },
      ),
    ],
    60,
    namespaces,
  );
  const find = (...names: string[]) => {
    const { found, unknown } = findWanted(names, catalogue, EVERYTHING);
    return { found: found.map(({ publicName }) => publicName), unknown };
  };

  it.each([
    ['gmail_send-email', 'gmail_send-email'],
    ['gmail-send-email', 'gmail_send-email'],
    ['google-calendar-create-event', 'google-calendar_create-event'],
    ['google-calendar_create-event', 'google-calendar_create-event'],
    ['google-calendar-x', 'google_calendar-x'],
    ['my_app_a_b', 'my_app_a_b'],
    ['my_app-a_b', 'my_app_a_b'],
    ['CRM_ADD', 'CRM_ADD'],
    ['crm-add contact', 'CRM_ADD'],
  ])('%s is %s', (name, publicName) => {
    expect(find(name)).toEqual({ found: [publicName], unknown: [] });
  });

  it.each([
    'gmail',
    'gmail_',
    'gmail-',
    'send-email',
    '_send-email',
    'gmail.send-email',
    'gmail_send_email',
    '__proto__',
    '',
  ])('"%s" is nothing', (name) => {
    expect(find(name)).toEqual({ found: [], unknown: [name] });
  });

  it('count once, and not where the view hides the tool', () => {
    expect(find('gmail-send-email', 'gmail_send-email', 'x', 'x')).toEqual({
      found: ['gmail_send-email'],
      unknown: ['x'],
    });
    const hidden = findWanted(['gmail-send-email'], catalogue, viewOf(['my_app'], true));
    expect(hidden).toEqual({ found: [], unknown: ['gmail-send-email'] });
  });
});
