import { join } from 'node:path';
import { figuresOf } from '../../../test/support/measuring/figures-of.js';

const PROGRAM = join(import.meta.dirname, '../testing/src/listing-memory.measure.ts');
const KB = 1024;
const MB = 1024 * KB;

describe('the memory of listings', () => {
  it('is far below 40 KB for each of 800 users with 1,000 tools who are answered the same array', async () => {
    const { bytesPerUser } = await figuresOf<'bytesPerUser'>(PROGRAM, 'sharedListing');
    // Bytes of heap: a tenth of the 40 KB that were asked for. An array of 1,000 references alone takes 8 KB.
    expect(bytesPerUser).toBeLessThan(4 * KB);
  });

  it('is bounded for 1,000 users with 300 tools of their own: who has not called for longest goes first', async () => {
    const { bytes, ...forgotten } = await figuresOf<string>(PROGRAM, 'ownListings');
    // Bytes of heap: the listings of all 1,000 users would take over 500 MB.
    expect(bytes).toBeLessThan(390 * MB);
    expect(Object.keys(forgotten)).toEqual(['user-1', 'user-300']);
  });

  it('is free again when those who asked for a listing have it, if a change has overtaken the listing', async () => {
    expect(await figuresOf(PROGRAM, 'overtakenListing')).toEqual({ left: 0 });
  });

  it('is free again when a listing has changed, and so is that of its catalogue', async () => {
    expect(await figuresOf(PROGRAM, 'replacedListing')).toEqual({ left: 0 });
  });
});
