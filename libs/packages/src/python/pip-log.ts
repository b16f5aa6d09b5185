import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** pip's log tells why it passed over pages of the index and files; what it prints does not. */
const REASON = /Could not fetch URL|Skipping link: (?:No sources|none of the wheel|\S+ Requires-Python)/;
const REASONS_MAX = 500;

/** The last reasons in a log of pip; none where there is no log. */
export async function reasonsOf(logFile: string): Promise<string[]> {
  const reasons: string[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(logFile) })) {
      if (!REASON.test(line)) continue;
      reasons.push(line.replace(/^\S+\s+/, '')); // the time
      if (reasons.length > REASONS_MAX) reasons.shift();
    }
  } catch {
    // pip did not come far enough to write one
  }
  return reasons;
}
