import { invalidRequest, ProblemError } from '@manifold/rest';
import { InstallError, type InstallFault } from './install-error.js';
import { PackageNotAllowedError } from './package-grammar.js';

const STATUS: Readonly<Record<InstallFault, number>> = {
  package_not_found: 422,
  version_not_found: 422,
  integrity_mismatch: 422,
  refused_dependency: 422,
  unsupported_engine: 422,
  scripts_failed: 422,
  no_entry: 422,
  no_wheel: 422,
  cancelled: 409,
  install_failed: 502,
  registry_unreachable: 502,
  python_not_found: 503,
  python_too_old: 503,
  python_incomplete: 503,
  not_started: 503,
  timeout: 504,
  no_space: 507,
};

/** Converts errors of an install into problems of the REST API. Returns other errors unchanged. */
export function asProblem(error: unknown): unknown {
  if (error instanceof PackageNotAllowedError) {
    return invalidRequest([{ pointer: `/${error.field}`, code: 'grammar', detail: error.message }]);
  }
  if (error instanceof InstallError)
    return new ProblemError(STATUS[error.code], error.code, error.message, { cause: error });
  return error;
}
