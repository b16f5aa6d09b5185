/**
 * Holds the timers of so many milliseconds back, until a test lets them expire by calling what is held.
 * `jest.restoreAllMocks()` ends it.
 */
export function holdTimers(milliseconds: number) {
  const { setTimeout: begin, clearTimeout: end } = globalThis;
  const timers = { begun: 0, held: new Map<unknown, () => void>() };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number) => {
    if (ms !== milliseconds) return begin(work, ms);
    const timer = begin(() => undefined, 2 ** 31 - 1).unref();
    timers.begun += 1;
    timers.held.set(timer, work);
    return timer;
  }) as typeof setTimeout);
  jest.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    timers.held.delete(timer);
    end(timer);
  });
  return timers;
}
