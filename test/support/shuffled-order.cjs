/**
 * The files of a run in an order that the seed decides, where jest begins with the slowest: `npm test -- --testSequencer=./test/support/shuffled-order.cjs --seed=7`.
 * A test that passes in one order only depends on another one.
 */
const { createHash } = require('node:crypto');
const { relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class ShuffledOrder extends Sequencer {
  constructor(options) {
    super(options);
    this.seed = options.globalConfig.seed;
  }

  sort(tests) {
    const placeOf = ({ path, context }) =>
      createHash('sha256')
        .update(`${this.seed} ${relative(context.config.rootDir, path)}`)
        .digest('hex');
    return [...tests].sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
  }
};
