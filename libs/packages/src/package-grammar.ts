/** A name, version or the like that is no such thing: never given to a program. */
export class NotAllowed extends Error {
  /** @param field of the request that holds it */
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'NotAllowed';
  }
}
