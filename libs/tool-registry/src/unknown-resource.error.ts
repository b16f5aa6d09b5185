/** Nobody has this resource for this caller. */
export class UnknownResourceError extends Error {
  constructor(readonly uri: string) {
    super('Resource not found');
    this.name = 'UnknownResourceError';
  }
}
