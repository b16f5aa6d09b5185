/** Number of steps in which the time is measured. */
const STEPS = 10;

/**
 * Calls back after the event loop has run for a time. It is for the time limit of an answer that another process gives: while this
 * process stands still, the answer may have arrived, and a plain timer would fire before the answer is read.
 * @returns a function that clears the timeout
 */
export function setAwakeTimeout(callback: () => void, milliseconds: number): () => void {
  let left = STEPS;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    callback();
  }, milliseconds / STEPS);
  return () => clearInterval(timer);
}
