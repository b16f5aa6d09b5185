import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';
import { catalogueOf, descriptor } from '../../testing/src/index.js';
import { ToolSearch } from './tool-search.js';
import { ToolSearches } from './tool-searches.js';
import { EVERYTHING, viewOf } from '../catalogue/view.js';

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
    const program = join(import.meta.dirname, '../../testing/src/tool-search.measure.ts');
    const { turns, medianMs } = await figuresOf<'turns' | 'medianMs'>(program);
    // Turns of the event loop, in 50 portions of tools.
    expect(turns).toBeGreaterThan(10);
    // Milliseconds of CPU: what a search may take among 5,000 tools.
    expect(medianMs).toBeLessThan(10);
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
