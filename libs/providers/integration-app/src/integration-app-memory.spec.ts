import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';

const PROGRAM = join(import.meta.dirname, '../testing/src/listing-memory.measure.ts');
/** Bytes of heap, with the simulator's own records of each user. 60 MB for the 400, which were asked for, would be 150 KB. */
const MOST_PER_USER = 16 * 1024;

describe('the listings of 400 users with 300 equal tools', () => {
  it('are one array, and take a few KB of heap for each user', async () => {
    const { bytesPerUser } = await figuresOf<'bytesPerUser'>(PROGRAM);
    expect(bytesPerUser).toBeLessThan(MOST_PER_USER);
  });
});
