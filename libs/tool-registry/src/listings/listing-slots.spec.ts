import type { Listing } from '../catalogue/catalogue.js';
import { ListingSlots } from './listing-slots.js';
import { SilentProvider, tool, tools } from '../../testing/src/index.js';

const provider = new SilentProvider(() => tools());
const listingOf = (count: number): Listing => ({ provider, tools: Array.from({ length: count }, () => tool('a')) });

describe('ListingSlots', () => {
  const none = listingOf(0);
  let unused: Listing[];
  let slots: ListingSlots;

  beforeEach(() => {
    unused = [];
    slots = new ListingSlots(none, (listing) => unused.push(listing));
  });

  it('removes those that nobody has used for longest when they hold more than 200,000 tools', () => {
    const big = [listingOf(80_000), listingOf(80_000), listingOf(80_000)] as const;
    slots.show(slots.use('first'), big[0]);
    slots.show(slots.use('second'), big[1]);
    slots.use('first');
    slots.peek('second');
    slots.show(slots.use('third'), big[2]);
    expect([...slots.all()].map(({ key }) => key)).toEqual(['third', 'first']);
    expect(unused).toContain(big[1]);
  });

  it('counts what many show once, until the last of them shows something else', () => {
    const shared = listingOf(150_000);
    for (let index = 0; index < 100; index += 1) slots.show(slots.use(`user-${index}`), shared);
    slots.show(slots.use('another'), listingOf(50_000));
    expect([...slots.all()]).toHaveLength(101);
    for (let index = 0; index < 100; index += 1) {
      expect(unused).not.toContain(shared);
      slots.show(slots.use(`user-${index}`), none);
    }
    expect(unused).toContain(shared);
  });

  it('keeps a listing that is too big for it alone', () => {
    slots.show(slots.use('small'), listingOf(1));
    const huge = listingOf(300_000);
    slots.show(slots.use('huge'), huge);
    expect([...slots.all()].map(({ listing }) => listing)).toEqual([huge]);
  });

  it('takes no room for a slot that was removed', () => {
    const removed = slots.use('removed');
    for (let index = 0; index < 10_000; index += 1) slots.use(`user-${index}`);
    expect(slots.peek('removed')).toBeUndefined();
    const huge = listingOf(300_000);
    slots.show(removed, huge);
    expect(removed.listing).toBe(huge);
    expect([...slots.all()]).toHaveLength(10_000);
  });
});
