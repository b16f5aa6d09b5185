/** An entry of the audit log about a command: which one, on what, and how it ended. */
export interface CommandEntry {
  readonly command: string;
  /** The targets of the command, by name. Never a secret. */
  readonly target: Readonly<Record<string, string>>;
  readonly outcome: 'ok' | 'failed';
  /** Reason for a failure. */
  readonly code?: string;
  /** Duration in milliseconds. */
  readonly ms: number;
}

/** The audit log as commands see it. */
export interface CommandAudit {
  /** Writes an entry. It never rejects: a command whose entry cannot be written says so, and has happened all the same. */
  record(entry: CommandEntry): Promise<void>;
}

/**
 * Runs the action of a command and writes an entry when it has ended, also if it failed.
 * @param target may get further members while the action runs
 */
export async function audited(
  { record }: CommandAudit,
  command: string,
  target: Readonly<Record<string, string>>,
  action: () => Promise<void> | void,
): Promise<void> {
  const started = performance.now();
  const end = (outcome: CommandEntry['outcome'], code?: string) =>
    record({ command, target, outcome, code, ms: Math.round(performance.now() - started) });
  try {
    await action();
  } catch (error) {
    await end('failed', codeOf(error));
    throw error;
  }
  await end('ok');
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return [code, name].find((text) => typeof text === 'string') ?? 'error';
}
