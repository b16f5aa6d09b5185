import { allPages } from './all-pages.js';

/** Pages by cursor; the first has the cursor ''. */
const reading = (pages: Record<string, unknown>) => {
  const asked: (string | undefined)[] = [];
  const items = allPages((cursor) => {
    asked.push(cursor);
    return Promise.resolve(pages[cursor ?? '']);
  });
  return { asked, items };
};

const rejected = (message: RegExp) =>
  expect.objectContaining({ code: 'upstream_rejected', message: expect.stringMatching(message) as string });

describe('all pages of a list', () => {
  it('are read until one has no cursor, each with the cursor of the one before', async () => {
    const { asked, items } = reading({
      '': { items: [1, 2], cursor: 'a' },
      a: { items: [], cursor: 'b' },
      b: { items: [3] },
    });
    expect(await items).toEqual([1, 2, 3]);
    expect(asked).toEqual([undefined, 'a', 'b']);
  });

  it.each([undefined, null, '', 7, {}])('end with the cursor %j', async (cursor) => {
    expect(await reading({ '': { items: [1], cursor } }).items).toEqual([1]);
  });

  it.each([
    ['at once', { '': { items: [1], cursor: 'a' }, a: { items: [2], cursor: 'a' } }],
    ['after a while', { '': { items: [], cursor: 'a' }, a: { items: [], cursor: 'b' }, b: { items: [], cursor: 'a' } }],
  ])('are not read in a circle: it closes %s', async (_title, pages) => {
    const { asked, items } = reading(pages);
    await expect(items).rejects.toEqual(rejected(/same page/));
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  it('are not read for ever where each cursor is new', async () => {
    let count = 0;
    const items = allPages(() => Promise.resolve({ items: [], cursor: `cursor-${(count += 1)}` }));
    await expect(items).rejects.toEqual(rejected(/too long/));
    expect(count).toBe(201);
  });

  it('are bounded in their items, too', async () => {
    const many = Array.from({ length: 5_001 }, () => 0);
    let count = 0;
    const items = allPages(() => Promise.resolve({ items: many, cursor: `cursor-${(count += 1)}` }));
    await expect(items).rejects.toEqual(rejected(/too long/));
    expect(count).toBe(2);
  });

  it.each([null, undefined, [], 'items', {}, { items: {} }, { items: null }])('are refused as %j', async (page) => {
    await expect(reading({ '': page }).items).rejects.toEqual(rejected(/not a list/));
  });
});
