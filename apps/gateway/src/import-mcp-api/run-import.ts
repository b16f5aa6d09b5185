import { readable } from '../smoke/smoke-step.js';
import type { ImportItem } from './import-item.js';
import { AccessError, type ImportTarget } from './import-target.js';

/** The number of records by how they ended. */
export interface ImportCounts {
  /** Brought over, or to be brought over by a run that applies. */
  taken: number;
  /** There already. They stay as they are. */
  present: number;
  failed: number;
}

interface ImportRun {
  readonly target: ImportTarget;
  /** False: nothing is changed. */
  readonly apply: boolean;
  /** Gets a line for each record. */
  print(line: string): void;
}

/**
 * Brings records over, one after the other. A record that cannot be brought over is reported, and the others go on.
 * @throws AccessError if the caller may not bring any over
 */
export async function runImport(
  items: readonly ImportItem[],
  { target, apply, print }: ImportRun,
): Promise<ImportCounts> {
  const counts = { taken: 0, present: 0, failed: 0 };
  /** Servers that the gateway does not have, or that are others. These must not get what users have given the other gateway. */
  const missing = new Set<string>();
  for (const item of items) {
    const { outcome, notes } = await bringOver(item, target, { apply, missing });
    if (isProgram(item) && item.request && outcome === 'failed') missing.add(item.server);
    counts[outcome] += 1;
    print([wordFor(outcome, apply), item.kind, nameOf(item), ...notes].map((part) => shown(part, item)).join('\t'));
  }
  return counts;
}

interface Ended {
  readonly outcome: keyof ImportCounts;
  readonly notes: readonly string[];
}

interface Circumstances {
  readonly apply: boolean;
  readonly missing: ReadonlySet<string>;
}

const isProgram = ({ kind }: ImportItem): boolean => kind === 'server' || kind === 'package';

async function bringOver(item: ImportItem, target: ImportTarget, { apply, missing }: Circumstances): Promise<Ended> {
  const notes = item.note === undefined ? [] : [item.note];
  if (!item.request) return { outcome: 'failed', notes };
  if (missing.has(item.server)) return { outcome: 'failed', notes: ['its server was not imported'] };
  try {
    const presence = await target.presenceOf(item);
    if (presence === 'other') return { outcome: 'failed', notes: ['this gateway has another server of this name'] };
    if (presence === 'present') return { outcome: 'present', notes };
    return { outcome: 'taken', notes: apply ? [...notes, ...(await target.send(item.request))] : notes };
  } catch (error) {
    if (error instanceof AccessError) throw error;
    return { outcome: 'failed', notes: [readable(error)] };
  }
}

const wordFor = (outcome: keyof ImportCounts, apply: boolean): string =>
  ({ taken: apply ? 'imported' : 'new', present: 'present', failed: 'failed' })[outcome];

const nameOf = ({ server, detail, username }: ImportItem): string => {
  const name = detail === undefined ? server : `${server}: ${detail}`;
  return username === undefined ? name : `${name} of ${username}`;
};

/** Returns a text as a part of a line, without the confidential values of the record. */
const shown = (text: string, { confidential = [] }: ImportItem): string =>
  confidential.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text).replace(/[\s\p{Cc}]+/gu, ' ');
