/** Who follows an install, and can end it. */
export interface InstallProgress {
  /** Ends the install; nothing of it runs any more when it has rejected. */
  readonly signal: AbortSignal;
  /** @param percent 0 to 100, never falling; @param step what is being done, in a few words */
  onStep(percent: number, step: string): void;
  /** One line of what the installing program says, without credentials. */
  onLog(line: string): void;
}

/** The same progress, ended by another signal. */
export const endedBy = (signal: AbortSignal, progress: InstallProgress): InstallProgress => ({
  signal,
  onStep: (percent, step) => progress.onStep(percent, step),
  onLog: (line) => progress.onLog(line),
});

/** For installs that nobody follows. */
export const unfollowed = (signal: AbortSignal): InstallProgress => ({
  signal,
  onStep: () => undefined,
  onLog: () => undefined,
});
