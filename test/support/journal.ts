import { readFileSync } from 'node:fs';

/** A line of the files that simulated upstreams write with `--ledger` and `--lifecycle`. */
export interface JournalEntry {
  readonly event: 'call' | 'answer' | 'started' | 'initialized' | 'ended';
  readonly pid: number;
  /** Epoch milliseconds, with fractions. */
  readonly time: number;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Of a call that has a trace. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string };
  /** Of an answer to a question of the server. */
  readonly error?: { readonly code: number };
}

/** The entries so far, in the order in which they were written; none while there is no file. */
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
