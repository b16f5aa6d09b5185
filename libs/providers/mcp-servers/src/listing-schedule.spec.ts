import { eventually } from '../../../../test/support/eventually.js';
import { ListingSchedule } from './listing-schedule.js';

/** A listing that ends when the test says so. */
function controlledListing() {
  const ends: (() => void)[] = [];
  const schedule = new ListingSchedule(() => new Promise<void>((resolve) => ends.push(resolve)));
  return { schedule, ends };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe('ListingSchedule', () => {
  it('answers many requests at once with one listing', async () => {
    let listings = 0;
    const done = new Promise<void>((resolve) => {
      const schedule = new ListingSchedule(async () => {
        listings += 1;
        resolve();
      });
      for (let request = 0; request < 20; request += 1) schedule.request();
    });
    await done;
    expect(listings).toBe(1);
  });

  it('lists a server that announces changes without end, now and then', async () => {
    const listed: number[] = [];
    const schedule = new ListingSchedule(async () => void listed.push(performance.now()));
    const announcements = setInterval(() => schedule.request(), 5);
    await eventually('it has listed three times', () => listed.length >= 3);
    clearInterval(announcements);
    await schedule.stop();
    const pauses = listed.slice(1).map((time, index) => time - listed[index]!);
    expect(Math.min(...pauses)).toBeGreaterThan(200);
  });

  it('puts off nothing for a request that has more time', async () => {
    const { schedule, ends } = controlledListing();
    schedule.request(10);
    schedule.request(60_000);
    await eventually('it lists', () => ends.length === 1);
    schedule.request(60_000); // while it lists
    schedule.request(10);
    ends[0]!();
    const ended = performance.now();
    await eventually('it lists again', () => ends.length === 2);
    expect(performance.now() - ended).toBeGreaterThan(200);
    ends[1]!();
    await schedule.stop();
  });

  it('lists once more when it was asked for while it listed', async () => {
    const { schedule, ends } = controlledListing();
    const first = schedule.now();
    const second = schedule.now();
    const third = schedule.now();
    ends[0]!();
    await turn();
    expect(ends).toHaveLength(2);
    ends[1]!();
    await Promise.all([first, second, third]);
    expect(ends).toHaveLength(2);
  });

  it('lists no more after it was stopped, and waits for the listing under way', async () => {
    const { schedule, ends } = controlledListing();
    void schedule.now();
    void schedule.now();
    let stopped = false;
    const stop = schedule.stop().then(() => (stopped = true));
    await turn();
    expect(stopped).toBe(false);
    ends[0]!();
    await stop;
    schedule.request(0);
    await schedule.now();
    await turn();
    expect(ends).toHaveLength(1);
  });
});
