import { Command, Option } from 'commander';
import { audited, type CommandAudit } from './audited-action.js';
import type { RotationPlan, RotationResult, SealedRecords, SecretsRotation } from '@manifold/secrets';

/** The environment of the command: the keys, the sealed records and the output. `withRotation` opens the store while it runs. */
export interface RotationEnvironment extends CommandAudit {
  withRotation(use: (rotation: SecretsRotation, collections: readonly SealedRecords[]) => Promise<void>): Promise<void>;
  /** Prints a line for scripts. */
  print(line: string): void;
  /** Prints a line for people. */
  note(line: string): void;
  /** Sets the exit code of the process, if it ends without an error. */
  exitWith(code: number): void;
}

/** Exit code: all records are sealed under the new key, except records that no key opens. */
const EXIT_UNREADABLE = 2;

export function rotateSecretsCommand({ withRotation, print, note, exitWith, record }: RotationEnvironment): Command {
  return new Command('rotate-secrets')
    .description(
      'seal everything under a new key while gateways run; an interrupted rotation continues where it stopped',
    )
    .option('--dry-run', 'only count; change nothing')
    .addOption(new Option('--prune', 'only remove keys that were retired a day ago or earlier').conflicts('dryRun'))
    .action(({ dryRun, prune }: { readonly dryRun?: true; readonly prune?: true }) => {
      const target: Record<string, string> = dryRun ? { mode: 'dry-run' } : prune ? { mode: 'prune' } : {};
      return audited({ record }, 'rotate-secrets', target, () =>
        withRotation(async (rotation, collections) => {
          const work = { collections, note, now: Date.now };
          if (dryRun) return describe(await rotation.plan(work));
          const result = await (prune ? rotation.prune(work) : rotation.rotate(work));
          if (result.unreadable.length > 0) target.unreadable = String(result.unreadable.length);
          return report(result);
        }),
      );
    });

  function describe({ isUnfinished, counts, rewrapped, pruned }: RotationPlan): void {
    if (isUnfinished) note('An earlier rotation is not finished: it would continue');
    note(`${rewrapped} data keys would be wrapped under the master key in use, ${pruned} retired ones removed`);
    note(['COLLECTION', 'RECORDS', 'SEALED ANEW'].join('\t'));
    for (const { collection, records, others } of counts) {
      print([collection, records, isUnfinished ? others : records].join('\t'));
    }
  }

  function report({ keyId, resealed, pruned, unreadable }: RotationResult): void {
    print(`Data key ${keyId} is in use: ${resealed} records sealed anew, ${pruned} retired keys removed`);
    for (const record of unreadable) note(`No key opens this record: ${record}`);
    if (unreadable.length > 0) exitWith(EXIT_UNREADABLE);
  }
}
