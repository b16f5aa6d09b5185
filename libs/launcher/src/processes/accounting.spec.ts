import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';

it('watches 100 programs of three processes for at most 1 % of a core', async () => {
  const program = join(__dirname, '../../testing/src/accounting.measure.ts');
  // CPU of the whole process, which does nothing else. The watch rests so long after each look that looks take half of that.
  expect((await figuresOf<'percent'>(program)).percent).toBeLessThan(1);
});
