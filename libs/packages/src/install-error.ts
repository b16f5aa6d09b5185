/** What can go wrong while a package is installed, for programs. */
export type InstallFault =
  | 'package_not_found'
  | 'version_not_found'
  | 'registry_unreachable'
  | 'integrity_mismatch'
  | 'refused_dependency'
  | 'unsupported_engine'
  | 'scripts_failed'
  | 'no_entry'
  | 'no_wheel'
  | 'python_not_found'
  | 'python_too_old'
  | 'python_incomplete'
  | 'no_space'
  | 'timeout'
  | 'cancelled'
  | 'install_failed';

/** A package could not be installed. The message reaches the operator: no credentials, no stack. */
export class InstallError extends Error {
  constructor(
    readonly code: InstallFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'InstallError';
  }
}
