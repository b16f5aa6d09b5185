import { Command } from 'commander';
import { audited, type CommandAudit } from './audited-action.js';

export interface BackupEnvironment extends CommandAudit {
  /** Copies the database. @throws Error if it cannot, or if the database was not made by this gateway */
  backUp(file: string): void;
  /** Prints a line for people. */
  note(line: string): void;
}

export const backupCommand = ({ backUp, note, record }: BackupEnvironment): Command =>
  new Command('backup')
    .description('copy the SQLite database of this gateway to a new file, also while it runs')
    .requiredOption('--to <file>', 'the file to create')
    .action(({ to }: { to: string }) =>
      audited({ record }, 'backup', { to }, () => {
        backUp(to);
        note(`The copy is in ${to}. It needs the current SECRETS_KEY: keep the key too, in another place.`);
      }),
    );
