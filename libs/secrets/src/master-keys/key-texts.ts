/** Source of the texts that an operator chose as master keys: at least one, no duplicates, the one in use first. */
export interface KeyTexts {
  /**
   * Returns the current texts.
   * @throws WrongSecretsKeyError
   */
  read(): Promise<readonly string[]>;
  /** Returns the current texts for a store without sealed texts. It may create the first key. */
  readOrMake(): Promise<readonly string[]>;
}

/** Provides SECRETS_KEY and SECRETS_KEY_PREVIOUS, which the configuration has validated. */
export class EnvironmentKeyTexts implements KeyTexts {
  constructor(private readonly keys: readonly string[]) {}

  read(): Promise<readonly string[]> {
    return Promise.resolve(this.keys);
  }

  readOrMake(): Promise<readonly string[]> {
    return this.read();
  }
}
