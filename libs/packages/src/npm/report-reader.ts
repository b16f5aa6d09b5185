import type { Duplex } from 'node:stream';
import { isObject } from '@manifold/async';
import { INSTALL_FAULTS, type InstallFault } from '../model/install-error.js';
import type { InstallProgress } from '../model/install-progress.js';
import type { InstallLog } from './install-log.js';
import type { InstallReport } from './install-program.js';
import { safeLine } from './safe-line.js';

/** Last report of the program: success or failure. */
export type Outcome = Extract<InstallReport, { kind: 'installed' | 'built' | 'failed' }>;

const MAX_REPORT_LENGTH = 256 * 1024;
const MAX_TEXT_LENGTH = 4000;
const MAX_NOTICE = 500;

/**
 * Reads the reports of the install program, one JSON text per line. An install script runs as the same user as the program and could write in
 * its place, so nothing in a report is taken for granted.
 */
export class ReportReader {
  outcome?: Outcome;
  private rest = '';

  constructor(
    private readonly log: InstallLog,
    private readonly progress: Pick<InstallProgress, 'onStep'>,
  ) {}

  follow(channel: Duplex): void {
    channel.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop() ?? '';
      for (const line of lines) this.take(reportIn(line));
      if (this.rest.length > MAX_REPORT_LENGTH) channel.destroy();
    });
  }

  private take(report: InstallReport | undefined): void {
    if (report?.kind === 'step') this.progress.onStep(report.percent, report.step);
    else if (report?.kind === 'log') this.log.add(report.line);
    else this.outcome = report ?? this.outcome;
  }
}

/** @returns undefined if the line is no report */
function reportIn(line: string): InstallReport | undefined {
  const said = parsed(line);
  const text = (name: string): string => String(said[name]).slice(0, MAX_TEXT_LENGTH);
  switch (said.kind) {
    case 'step':
      return { kind: 'step', percent: Math.min(Math.max(Number(said.percent) || 0, 0), 100), step: text('step') };
    case 'log':
      return { kind: 'log', line: String(said.line) };
    case 'installed':
      return {
        kind: 'installed',
        version: text('version'),
        integrity: text('integrity'),
        ...(typeof said.deprecated === 'string' && { deprecated: safeLine(text('deprecated').slice(0, MAX_NOTICE)) }),
      };
    case 'built':
      return { kind: 'built' };
    case 'failed':
      return { kind: 'failed', code: faultNamed(said.code), message: text('message') };
    default:
      return undefined;
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

const faultNamed = (code: unknown): InstallFault => INSTALL_FAULTS.find((fault) => fault === code) ?? 'install_failed';
