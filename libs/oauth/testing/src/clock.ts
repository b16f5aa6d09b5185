/** The time of day in this process, which the authorization server of the tests shares. Timers go on as before. */
export class Clock {
  private readonly real = Date.now.bind(Date);
  private offset = 0;

  /** @returns the clock, which `jest.restoreAllMocks` sets right again */
  static take(): Clock {
    const clock = new Clock();
    jest.spyOn(Date, 'now').mockImplementation(() => clock.real() + clock.offset);
    return clock;
  }

  advance(ms: number): void {
    this.offset += ms;
  }
}
