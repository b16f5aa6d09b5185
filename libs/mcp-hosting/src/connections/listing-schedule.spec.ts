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

  describe('by the clock', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('lists a server that announces changes without end, now and then', async () => {
      let listings = 0;
      const schedule = new ListingSchedule(async () => void (listings += 1));
      const announcements = setInterval(() => schedule.request(), 5);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(listings).toBe(4); // 50 ms after the first announcement, and then 250 ms after each listing
      clearInterval(announcements);
      await schedule.stop();
    });

    it('lists regularly, not all servers at the same time, until it is stopped', async () => {
      let listings = 0;
      const schedule = new ListingSchedule(
        async () => void (listings += 1),
        () => 60_000,
      );
      await jest.advanceTimersByTimeAsync(600_000);
      expect(listings).toBe(0); // the first one is requested
      await schedule.now();
      await jest.advanceTimersByTimeAsync(50_000);
      expect(listings).toBe(1);
      await jest.advanceTimersByTimeAsync(20_000);
      expect(listings).toBe(2);
      await schedule.stop();
      await jest.advanceTimersByTimeAsync(600_000);
      expect(listings).toBe(2);
    });

    it('lists no more for a doubt than once in ten seconds', async () => {
      let listings = 0;
      const schedule = new ListingSchedule(async () => void (listings += 1));
      schedule.doubt();
      await jest.advanceTimersByTimeAsync(100);
      expect(listings).toBe(1);
      const doubts = setInterval(() => schedule.doubt(), 10);
      await jest.advanceTimersByTimeAsync(9_000);
      expect(listings).toBe(1);
      await jest.advanceTimersByTimeAsync(2_000);
      expect(listings).toBe(2);
      clearInterval(doubts);
      await schedule.stop();
    });

    it('puts off nothing for a request that has more time', async () => {
      const { schedule, ends } = controlledListing();
      schedule.request(10);
      schedule.request(60_000);
      await jest.advanceTimersByTimeAsync(10);
      expect(ends).toHaveLength(1);
      schedule.request(60_000); // while it lists
      schedule.request(10);
      ends[0]!();
      await jest.advanceTimersByTimeAsync(249);
      expect(ends).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(ends).toHaveLength(2);
      ends[1]!();
      await schedule.stop();
    });
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
