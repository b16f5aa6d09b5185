import { join } from 'node:path';
import { figuresOf } from '../../../../test/support/measuring/figures-of.js';

it('watches 100 programs of three processes with few reads of /proc', async () => {
  const program = join(__dirname, '../../testing/src/accounting.measure.ts');
  const { readsPerSecond } = await figuresOf<'readsPerSecond' | 'percentOfACore'>(program);
  // Two looks a second at most, each with one read for each process; half as many again are for processes that the watch has not seen before.
  // On a quiet machine that takes 0.3 % of a core. A bound in percent would depend on the machine, and on what else it does.
  expect(readsPerSecond).toBeGreaterThan(10);
  expect(readsPerSecond).toBeLessThan(900);
});
