import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 20;

/** Repeats a query until the answer is neither undefined nor false. It is for states of other processes, which send no event. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 300_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await sleep(EVERY_MS);
  }
}
