import { Injectable } from '@nestjs/common';
import PQueue from 'p-queue';
import { ProblemError } from '@manifold/rest';
import { endedBy, type InstallProgress } from '../model/install-progress.js';
import { asProblem } from '../model/package-problems.js';
import type { PackageRecord } from '../model/package-record.js';
import { PackageRecords } from '../model/package-records.service.js';
import { PackageUpgrades } from '../installs/package-upgrades.service.js';
import type { UpgradeResultDto, UpgradeResultsAnswerDto } from './packages.dto.js';

/** Maximum number of parallel upgrades. The installers run fewer at a time. */
const UPGRADES_AT_A_TIME = 4;

/** Upgrades all packages of a tenant, up to UPGRADES_AT_A_TIME in parallel. If one upgrade fails, the others continue. */
@Injectable()
export class UpgradeAll {
  constructor(
    private readonly records: PackageRecords,
    private readonly upgrades: PackageUpgrades,
  ) {}

  async run(tenant: string, progress: InstallProgress): Promise<UpgradeResultsAnswerDto> {
    const records = await this.records.list(tenant);
    const queue = new PQueue({ concurrency: UPGRADES_AT_A_TIME });
    let done = 0;
    const upgradeOne = async ({ serverName }: PackageRecord): Promise<UpgradeResultDto> => {
      const own = { ...endedBy(progress.signal, progress), onStep: () => undefined };
      const result = await this.upgrades.upgrade(tenant, serverName, undefined, own).then(
        () => ({ serverName, success: true }),
        (error: unknown) => ({ serverName, success: false, error: messageOf(error) }),
      );
      progress.onStep((100 * ++done) / records.length, `${done} of ${records.length} packages upgraded`);
      return result;
    };
    const results = await Promise.all(records.map((record) => queue.add(() => upgradeOne(record))));
    progress.signal.throwIfAborted();
    return { success: true, results };
  }
}

/** Returns the error message for the operator, without internal details. */
function messageOf(error: unknown): string {
  const problem = asProblem(error);
  return problem instanceof ProblemError ? problem.message : 'The upgrade failed; the log of the gateway says why';
}
