import { readFileSync } from 'node:fs';

/** A line of the files that simulated upstreams write with `--ledger` and `--lifecycle`. */
export interface JournalEntry {
  readonly event: 'call' | 'answer' | 'started' | 'initialized' | 'ended';
  readonly pid: number;
  /** Epoch milliseconds, with fractions. */
  readonly time: number;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** The trace of a call, if it has one. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string };
  /** The error in an answer of a client to the server. */
  readonly error?: { readonly code: number };
}

/** Returns the entries so far, in the order in which they were written; none while there is no file. */
export function readJournal(path: string): JournalEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as JournalEntry);
}
