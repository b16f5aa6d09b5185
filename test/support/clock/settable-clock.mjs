/**
 * Loaded before a gateway (`--import`): SIGUSR2 sets its clock. The file that MANIFOLD_TEST_CLOCK names holds the milliseconds that the
 * clock is ahead; it is removed afterwards. The monotonic clock is not affected, as on a real machine.
 */
import { readFileSync, rmSync } from 'node:fs';

const file = process.env.MANIFOLD_TEST_CLOCK;
const RealDate = Date;
let ahead = 0;

globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [RealDate.now() + ahead] : parts));
  }

  static now() {
    return RealDate.now() + ahead;
  }
};

process.on('SIGUSR2', () => {
  ahead = Number(readFileSync(file, 'utf8'));
  rmSync(file);
});
