/** The master key is not the one that the stored secrets were sealed under. The gateway does not start, and has written nothing. */
export class WrongSecretsKeyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WrongSecretsKeyError';
  }
}

/** A stored secret does not open: it was moved, changed, or sealed under another key. */
export class SecretUnreadableError extends Error {
  constructor(
    readonly app: string,
    readonly secretName: string,
    options?: ErrorOptions,
  ) {
    super(`The secret "${secretName}" of the server "${app}" cannot be read: set it again`, options);
    this.name = 'SecretUnreadableError';
  }
}

/** Sealed under a key that this installation does not have, or that this process has not heard of. */
export class UnknownKeyError extends Error {
  constructor() {
    super('The key is not known');
    this.name = 'UnknownKeyError';
  }
}
