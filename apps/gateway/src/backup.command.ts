import { Command } from 'commander';

export interface BackupEnvironment {
  /** Copies the database. @throws Error where it cannot, or is none of this gateway's */
  backUp(file: string): void;
  /** For people. */
  note(line: string): void;
}

export const backupCommand = ({ backUp, note }: BackupEnvironment): Command =>
  new Command('backup')
    .description('copy the SQLite database of this gateway to a new file, also while it runs')
    .requiredOption('--to <file>', 'the file to make')
    .action(({ to }: { to: string }) => {
      backUp(to);
      note(`The database is in ${to}. It opens with the SECRETS_KEY of now: keep that too, and apart.`);
    });
