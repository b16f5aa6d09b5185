/** A data key as it is stored. */
export interface WrappedKey {
  /** The sealed data key, in whatever form the source gave it. */
  readonly wrapped: string;
  /** Which master key opens it. Public: it must not help anybody to find the key. */
  readonly masterKeyId: string;
}

/**
 * The operator's master keys, which wrap the data keys of the store. Asked when a process starts, when it meets a new data key and when keys
 * are rotated; never in a call. A key management service can be one: no master key leaves a source.
 *
 * One of its keys is in use. Older ones only open what they have wrapped, until that has been wrapped again.
 *
 * @throws WrongSecretsKeyError where a key is missing or is no key; errors of the service behind it
 */
export abstract class MasterKeySource {
  /** The id of the key in use. */
  abstract currentId(): Promise<string>;
  /**
   * Wraps under the key in use.
   * @param context has to be the same when it is unwrapped
   */
  abstract wrap(dataKey: Buffer, context: readonly string[]): Promise<WrappedKey>;
  /**
   * @param masterKeyId undefined for what was wrapped before master keys had ids
   * @throws WrongSecretsKeyError where that key is not there, or does not open it
   */
  abstract unwrap(wrapped: string, context: readonly string[], masterKeyId?: string): Promise<Buffer>;
}
