import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Log lines with the reasons why pip skipped pages or files of the index. pip does not print them. */
const REASON = /Could not fetch URL|Skipping link: (?:No sources|none of the wheel|\S+ Requires-Python)/;
const REASONS_MAX = 500;

/** Returns the last reasons in a log of pip; an empty list if there is no log. */
export async function reasonsOf(logFile: string): Promise<string[]> {
  const reasons: string[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(logFile) })) {
      if (!REASON.test(line)) continue;
      reasons.push(line.replace(/^\S+\s+/, '')); // removes the timestamp
      if (reasons.length > REASONS_MAX) reasons.shift();
    }
  } catch {
    // pip failed before it wrote a log
  }
  return reasons;
}
