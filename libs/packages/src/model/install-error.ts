/** Error codes of an install. */
export const INSTALL_FAULTS = [
  'package_not_found',
  'version_not_found',
  'registry_unreachable',
  'integrity_mismatch',
  'refused_dependency',
  'unsupported_engine',
  'scripts_failed',
  'no_entry',
  'no_wheel',
  'python_not_found',
  'python_too_old',
  'python_incomplete',
  'no_space',
  'timeout',
  'cancelled',
  'not_started',
  'install_failed',
] as const;

export type InstallFault = (typeof INSTALL_FAULTS)[number];

/** Error of an install. The operator sees its message, so it must contain no credentials and no stack. */
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
