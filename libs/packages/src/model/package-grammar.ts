/** Error for an invalid name, version or similar value of a package. Such a value is never passed to a program. */
export class PackageNotAllowedError extends Error {
  /** @param field request field with the invalid value */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'PackageNotAllowedError';
  }
}
