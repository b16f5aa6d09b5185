import { SustainedDelay } from './sustained-delay.js';

/** @returns the delay that lasts after each of the averages */
const lasting = (...averages: number[]): number[] => {
  const delay = new SustainedDelay();
  return averages.map((average) => {
    delay.add(average);
    return delay.ms;
  });
};

describe('the delay that lasts', () => {
  it('is none in a process that was held up once, however long', () =>
    expect(lasting(1, 2, 1_500, 1, 3)).toEqual([0, 1, 2, 1, 1]));

  it('is seen with the second average, and over with the first that is low', () =>
    expect(lasting(1, 300, 200, 250, 2)).toEqual([0, 1, 200, 200, 2]));
});
