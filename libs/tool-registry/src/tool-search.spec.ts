import type { ToolDescriptor, ToolProvider } from '@manifold/tool-provider';
import { Catalogue } from './catalogue.js';
import { ToolSearch } from './tool-search.js';
import { ToolSearches } from './tool-searches.js';
import { EVERYTHING, viewOf } from './view.js';

const VERBS = Array.from({ length: 10 }, (_, index) => `verb${'abcdefghij'[index]}`);
const NOUNS = Array.from(
  { length: 40 },
  (_, index) => `noun${'abcdefghij'[index % 10]}${'klmn'[Math.floor(index / 10)]}`,
);
const provider = { id: 'one' } as ToolProvider;

interface Described {
  readonly title?: unknown;
  readonly description?: unknown;
}

const descriptor = (app: string, name: string, fields: Described = {}): ToolDescriptor => ({
  ref: { name },
  app,
  name,
  publicName: `${app}_${name}`,
  definition: { name, inputSchema: { type: 'object' }, ...fields },
});

const catalogueOf = (...tools: ToolDescriptor[]): Catalogue => Catalogue.of([{ provider, tools }], 60);

/** Twenty words out of some hundreds. */
const sentence = (seed: number): string =>
  Array.from(
    { length: 20 },
    (_, place) => `w${((seed * 31 + place * 97) % 613).toString(26).replaceAll(/\d/g, 'x')}`,
  ).join(' ');

const CATALOGUE = catalogueOf(
  descriptor('gmail', 'send-email', { title: 'Gmail: Send Email', description: 'Sends a message to people' }),
  descriptor('gmail', 'list-labels', { description: 'Labels; those who send an email by hand see them too' }),
  descriptor('SLACK', 'SEND_MESSAGE', { description: 'Posts to a channel' }),
  descriptor('calendar', 'createEvent', { title: 'Calendar: Create Event', description: 'Invites people' }),
  descriptor('files', 'read', { description: 'Überträgt Dateien' }),
);

async function find(query: string, view = EVERYTHING, limit = 10): Promise<string[]> {
  const search = await ToolSearch.over(CATALOGUE);
  return search.find(query, limit, view).map(({ publicName }) => publicName);
}

describe('a search over tools', () => {
  it('ranks tools that are named like the query before those that only speak of it', async () => {
    expect((await find('send email'))[0]).toBe('gmail_send-email');
    expect(await find('email')).toEqual(['gmail_send-email', 'gmail_list-labels']);
  });

  it.each([
    ['event', 'calendar_createEvent'],
    ['create_event', 'calendar_createEvent'],
    ['CreateEvent', 'calendar_createEvent'],
    ['chanel', 'SLACK_SEND_MESSAGE'],
    ['calen', 'calendar_createEvent'],
    ['the label of this', 'gmail_list-labels'],
    ['ÜBERTRÄGT', 'files_read'],
  ])('finds by "%s", as parts of names, with other letters and with a slip: %s', async (query, name) => {
    expect((await find(query))[0]).toBe(name);
  });

  it('shows the tools of the view only, and fills the limit with them', async () => {
    expect(await find('send message', viewOf(['SLACK'], true), 1)).toEqual(['SLACK_SEND_MESSAGE']);
    expect(await find('send message', viewOf(['nothing'], true))).toEqual([]);
  });

  it('answers no more than the limit', async () => {
    expect(await find('send email people', EVERYTHING, 2)).toHaveLength(2);
  });

  it.each(['', '   ', '!?', '_-_', '\u0000', '__proto__', 'x'.repeat(500), 'a '.repeat(250)])(
    'does not fail on "%s"',
    async (query) => {
      expect(Array.isArray(await find(query))).toBe(true);
    },
  );

  it('does not stumble over definitions whose title and description are no text', async () => {
    const odd = catalogueOf(descriptor('one', 'odd', { title: { a: 1 }, description: 7 }));
    expect((await ToolSearch.over(odd)).find('odd', 10, EVERYTHING)).toHaveLength(1);
  });

  it('searches 5,000 tools in some milliseconds, and lets other work have its turn while it is built', async () => {
    const tools = Array.from({ length: 5_000 }, (_, index) =>
      descriptor(`app${index % 50}`, `${VERBS[index % 10]}-${NOUNS[Math.floor(index / 10) % 40]}-${index}`, {
        description: `${VERBS[index % 10]}s a ${NOUNS[Math.floor(index / 10) % 40]} in the app ${sentence(index)}`,
      }),
    );
    let turns = 0;
    const others = setInterval(() => (turns += 1), 0);
    const search = await ToolSearch.over(catalogueOf(...tools));
    clearInterval(others);
    expect(turns).toBeGreaterThan(10);

    const times = ['verbc nounbk', 'app verbd of the nounan', 'app', 'nuonbk verbj', 'verba with things'].flatMap(
      (query) =>
        Array.from({ length: 5 }, () => {
          const started = performance.now();
          expect(search.find(query, 10, EVERYTHING)).toHaveLength(10);
          return performance.now() - started;
        }),
    );
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
    // 10 ms on a machine that does nothing else.
    expect(median).toBeLessThan(50);
  });
});

describe('the searches of all catalogues', () => {
  it('are built once each, also for those who search at the same time', async () => {
    const searches = new ToolSearches();
    const [one, two] = await Promise.all([searches.of(CATALOGUE), searches.of(CATALOGUE)]);
    expect(one).toBe(two);
    expect(await searches.of(catalogueOf(descriptor('a', 'b')))).not.toBe(one);
    searches.forget(CATALOGUE);
    expect(await searches.of(CATALOGUE)).not.toBe(one);
  });
});
