import type { IdRange } from '../folders/user-ids.js';
import { thisRun } from './launches.js';
import { processIds, readProc, userOf } from './process-table.js';

/** What `ps` shows of a watchdog: this name, the mark of its gateway's run, and the user ids that the gateway gives. */
export const WATCHDOG = 'manifold-watchdog';
const SHOWN = new RegExp(`\\0${WATCHDOG}\\0MANIFOLD_LAUNCH=([0-9a-f]{32})\\.((?: \\d+-\\d+)*)\\0?$`);

/** Another gateway of this machine, or of the containers that share its processes, that runs programs now. */
export interface OtherGateway {
  readonly run: string;
  /** Pid of its watchdog. */
  readonly pid: number;
  readonly ranges: readonly Pick<IdRange, 'first' | 'last'>[];
}

/** How a range is written among the arguments of the watchdog. */
export const shownRange = ({ first, last }: Pick<IdRange, 'first' | 'last'>): string => `${first}-${last}`;

/**
 * Returns the other gateways. They are known by their watchdogs: a hosted program can write the same words into its command line, but it does
 * not run as the user of the gateways.
 */
export function otherGateways(): OtherGateway[] {
  const own = process.getuid?.();
  return processIds()
    .filter((pid) => userOf(pid) === own)
    .flatMap((pid) => parse(pid, readProc(pid, 'cmdline') ?? ''));
}

/** Returns another gateway that may give one of these ids. */
export const gatewayWith = ({ first, last }: Pick<IdRange, 'first' | 'last'>): OtherGateway | undefined =>
  otherGateways().find(({ ranges }) => ranges.some((range) => range.first <= last && first <= range.last));

function parse(pid: number, commandLine: string): OtherGateway[] {
  const [, run, ranges = ''] = SHOWN.exec(commandLine) ?? [];
  if (run === undefined || run === thisRun) return [];
  const pairs = [...ranges.matchAll(/(\d+)-(\d+)/g)];
  return [{ run, pid, ranges: pairs.map(([, first, last]) => ({ first: Number(first), last: Number(last) })) }];
}
