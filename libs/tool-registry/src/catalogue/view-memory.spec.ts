import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';

const PROGRAM = join(import.meta.dirname, '../../testing/src/view-memory.measure.ts');
/** Bytes of heap. The selection of 300 tools alone takes 2.4 KB as an array of references: no client may have one of its own. */
const MOST_PER_CLIENT = 2 * 1024;

describe('the memory of views', () => {
  it('is next to nothing for each of 400 clients that see the same 300 tools', async () => {
    const { bytesPerClient } = await figuresOf<'bytesPerClient'>(PROGRAM);
    expect(bytesPerClient).toBeLessThan(MOST_PER_CLIENT);
  });
});
