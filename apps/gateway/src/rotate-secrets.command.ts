import { Command, Option } from 'commander';
import type { RotationPlan, RotationResult, SealedRecords, SecretsRotation } from '@manifold/secrets';

/** Where the command works: the keys and the sealed records of a store that is open meanwhile, and where it writes. */
export interface RotationEnvironment {
  withRotation(use: (rotation: SecretsRotation, collections: readonly SealedRecords[]) => Promise<void>): Promise<void>;
  /** What a script reads. */
  print(line: string): void;
  /** What a person reads besides. */
  note(line: string): void;
  /** The exit code of the process, when it ends without an error. */
  exitWith(code: number): void;
}

/** Everything is under the new key but records that open under no key at all. */
const EXIT_UNREADABLE = 2;

export function rotateSecretsCommand({ withRotation, print, note, exitWith }: RotationEnvironment): Command {
  return new Command('rotate-secrets')
    .description('seal everything under a new key, while gateways run; ended in the middle, it goes on where it was')
    .option('--dry-run', 'count, and change nothing')
    .addOption(new Option('--prune', 'only remove keys that were retired a day ago or earlier').conflicts('dryRun'))
    .action(({ dryRun, prune }: { readonly dryRun?: true; readonly prune?: true }) =>
      withRotation(async (rotation, collections) => {
        const work = { collections, note, now: Date.now };
        if (dryRun) return describe(await rotation.plan(work));
        return report(await (prune ? rotation.prune(work) : rotation.rotate(work)));
      }),
    );

  function describe({ isUnfinished, counts, rewrapped, pruned }: RotationPlan): void {
    if (isUnfinished) note('An earlier rotation did not come to its end: it would go on');
    note(`${rewrapped} data keys would be wrapped under the master key in use, ${pruned} retired ones removed`);
    note(['COLLECTION', 'RECORDS', 'SEALED ANEW'].join('\t'));
    for (const { collection, records, others } of counts) {
      print([collection, records, isUnfinished ? others : records].join('\t'));
    }
  }

  function report({ keyId, resealed, pruned, unreadable }: RotationResult): void {
    print(`Data key ${keyId} is in use: ${resealed} records sealed anew, ${pruned} retired keys removed`);
    for (const record of unreadable) note(`Does not open under any key: ${record}`);
    if (unreadable.length > 0) exitWith(EXIT_UNREADABLE);
  }
}
