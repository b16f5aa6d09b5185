import { Injectable } from '@nestjs/common';
import { Egress, EgressError, type WholeAnswer } from '@manifold/egress';
import npa from 'npm-package-arg';
import PQueue from 'p-queue';
import semver from 'semver';
import { InstallError } from '../model/install-error.js';
import { NpmSettings } from './npm-settings.js';
import { registryOf, registryOptions } from './registry-access.js';

/** Maximum number of parallel requests to the registry, over all callers. */
const AT_ONCE = 8;
/** Time limit of one request, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** `Accept` header for the abbreviated package document, which has no readmes. */
const ABBREVIATED = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8';

/** Asks the registry for the latest versions of packages. */
@Injectable()
export class NpmVersions {
  private readonly queue = new PQueue({ concurrency: AT_ONCE });

  constructor(
    private readonly settings: NpmSettings,
    private readonly egress: Egress,
  ) {}

  /**
   * Returns the version with the dist-tag `latest`.
   * @throws InstallError, or the reason of the signal
   */
  async latestVersion(name: string, { signal }: { signal: AbortSignal }): Promise<string> {
    return this.queue.add(() => this.ask(name, signal));
  }

  private async ask(name: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted(); // it may have aborted while the request was queued
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const { url, authorization } = registryOf(name, registryOptions(this.settings));
    const headers: Record<string, string> = { accept: ABBREVIATED };
    if (authorization !== undefined) headers.authorization = authorization;
    try {
      const answer = await this.egress.request(`${url}/${npa(name).escapedName}`, {
        headers,
        policy: 'configured',
        signal: AbortSignal.any([signal, timeout]),
      });
      return latestOf(name, answer);
    } catch (error) {
      if (error instanceof EgressError) throw new InstallError('registry_unreachable', error.message, { cause: error });
      if (timeout.aborted && !signal.aborted)
        throw new InstallError('registry_unreachable', 'The registry does not answer');
      throw error;
    }
  }
}

function latestOf(name: string, { status, text }: WholeAnswer): string {
  if (status === 404) throw new InstallError('package_not_found', `The registry has no ${name}`);
  if (status !== 200) throw new InstallError('registry_unreachable', `The registry answered ${status} for ${name}`);
  const latest = tagOf(text);
  if (latest === null) throw new InstallError('version_not_found', `The registry names no latest version of ${name}`);
  return latest;
}

/** @returns null if the text is not a package document or its tag `latest` is missing or not a version */
function tagOf(text: string): string | null {
  try {
    const document = JSON.parse(text) as { 'dist-tags'?: { latest?: unknown } } | null;
    return semver.valid(document?.['dist-tags']?.latest as string);
  } catch {
    return null;
  }
}
