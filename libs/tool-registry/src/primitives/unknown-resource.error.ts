/** Error for a resource that does not exist or is not visible to the caller. */
export class UnknownResourceError extends Error {
  /** @param candidates public URIs of the resources that several apps, or apps of which one must be named, have under this URI */
  constructor(
    readonly uri: string,
    readonly candidates: readonly string[] = [],
  ) {
    super('Resource not found');
    this.name = 'UnknownResourceError';
  }
}
