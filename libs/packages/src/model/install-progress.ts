/** Receiver of an install's progress, which can also cancel the install. */
export interface InstallProgress {
  /** Cancels the install. When the install's promise has rejected, none of its processes runs any more. */
  readonly signal: AbortSignal;
  /** @param percent 0 to 100, never falling; @param step short description of the current step */
  onStep(percent: number, step: string): void;
  /** Receives one line of the installing program's output, without credentials. */
  onLog(line: string): void;
}

/** Returns the same progress with another signal. */
export const endedBy = (signal: AbortSignal, progress: InstallProgress): InstallProgress => ({
  signal,
  onStep: (percent, step) => progress.onStep(percent, step),
  onLog: (line) => progress.onLog(line),
});

/** Returns a progress that ignores all reports. */
export const unfollowed = (signal: AbortSignal): InstallProgress => ({
  signal,
  onStep: () => undefined,
  onLog: () => undefined,
});
