/** The reason, for the operator, why a file or an operation cannot be offered. Code outside of this folder never gets this error. */
export class OpenApiError extends Error {
  /** @param part the invalid object of the document; the log names its line */
  constructor(
    reason: string,
    readonly part?: object,
  ) {
    super(reason);
    this.name = 'OpenApiError';
  }
}
