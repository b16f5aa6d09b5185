import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';

it('watches 100 programs of three processes for at most 1 % of a core', async () => {
  const program = join(__dirname, '../../testing/src/accounting.measure.ts');
  // CPU of the whole process, which does nothing else. By its own measure the watch rests when it has used half of that.
  expect((await figuresOf<'percent'>(program)).percent).toBeLessThan(1);
});
