/** Where the texts are that an operator chose as master keys: the one in use first. At least one, none twice. */
export interface KeyTexts {
  /** As they are now. @throws WrongSecretsKeyError */
  read(): Promise<readonly string[]>;
  /** The same for a store in which nothing is sealed yet: the first key may be made. */
  readOrMake(): Promise<readonly string[]>;
}

/** Of SECRETS_KEY and SECRETS_KEY_PREVIOUS, which the configuration has checked. */
export class EnvironmentKeyTexts implements KeyTexts {
  constructor(private readonly keys: readonly string[]) {}

  read(): Promise<readonly string[]> {
    return Promise.resolve(this.keys);
  }

  readOrMake(): Promise<readonly string[]> {
    return this.read();
  }
}
