/** Why a file, or one operation of it, cannot be offered: in words for the operator. It never leaves this folder. */
export class OpenApiFault extends Error {
  /** @param part the object of the document that is at fault: its line is looked up for the log */
  constructor(
    reason: string,
    readonly part?: object,
  ) {
    super(reason);
    this.name = 'OpenApiFault';
  }
}
