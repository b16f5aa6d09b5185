/** Error: the other replica has ended, cannot be reached, or could not answer. */
export class ReplicaGoneError extends Error {
  constructor(message = 'The replica cannot be reached', options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReplicaGoneError';
  }
}

/** Error: no process has the id of the other replica any more. */
export class ReplicaEndedError extends ReplicaGoneError {
  constructor() {
    super('The replica has ended');
    this.name = 'ReplicaEndedError';
  }
}
