import { format } from 'node:util';
import type { ProgressReport } from './install-messages.js';

/** Log levels that are shown. The other levels are for debugging npm. */
const LEVELS = new Set(['error', 'warn', 'notice', 'http', 'info']);
const UNPACKING_FROM = 35;
const UNPACKED_AT = 90;

export interface Progress {
  step(percent: number, step: string): void;
  /** Sets the number of packages to unpack. Each unpacked package then advances the progress. */
  unpacking(packages: number): void;
}

/** Reports the progress of npm. npm emits `log` events and `time` events on `process`; a `time` event names a part of its work. */
export function followNpm(report: (report: ProgressReport) => void): Progress {
  const step = (percent: number, words: string): void => report({ kind: 'step', percent, step: words });
  let packages = 0;
  let unpacked = 0;
  const showUnpacked = (): void => {
    const percent = UNPACKING_FROM + Math.min(unpacked / packages, 1) * (UNPACKED_AT - UNPACKING_FROM);
    step(Math.floor(percent), `Downloading and unpacking (${unpacked} of ${packages})`);
  };
  const events: NodeJS.EventEmitter = process;
  events.on('log', (level: string, ...said: unknown[]) => {
    if (LEVELS.has(level)) report({ kind: 'log', line: `npm ${level} ${format(...said)}` });
  });
  events.on('time', (moment: 'start' | 'end', part: string) => {
    if (moment === 'start' && /^build:run:\w+$/.test(part)) step(UNPACKED_AT, 'Running install scripts');
    if (moment === 'start' || !part.startsWith('reifyNode:')) return;
    unpacked += 1;
    showUnpacked();
  });
  return {
    step,
    unpacking: (found) => {
      packages = found;
      showUnpacked();
    },
  };
}
