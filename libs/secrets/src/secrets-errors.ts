/**
 * Error for a master key that is missing, invalid, or cannot open the stored data keys. At start, the gateway then refuses to start and has
 * written nothing.
 */
export class WrongSecretsKeyError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WrongSecretsKeyError';
  }
}

/** Error for a stored secret that does not open: it was moved, changed, or sealed under another key. */
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

/** Error for a text whose key this installation does not have, or this process has not loaded yet. */
export class UnknownKeyError extends Error {
  constructor() {
    super('The key is not known');
    this.name = 'UnknownKeyError';
  }
}
