/** Wrapped data key as it is stored. */
export interface WrappedKey {
  /** The sealed data key, in the form that the source chose. */
  readonly wrapped: string;
  /** Id of the master key that opens it. It is public and must not help to find the key. */
  readonly masterKeyId: string;
}

/**
 * Source of the operator's master keys, which wrap the data keys of the store.
 *
 * It is used when a process starts, when it finds a new data key, and when keys are rotated; never in a call. A key management service can
 * be a source, because no master key leaves a source.
 *
 * One of its keys is in use. Older keys only open what they have wrapped, until that is wrapped under the key in use.
 *
 * @throws WrongSecretsKeyError if a key is missing or invalid; errors of the service behind it
 */
export abstract class MasterKeySource {
  /** Returns the id of the key in use. */
  abstract currentId(): Promise<string>;
  /**
   * Wraps under the key in use.
   * @param context must be the same when the key is unwrapped
   */
  abstract wrap(dataKey: Buffer, context: readonly string[]): Promise<WrappedKey>;
  /**
   * @param masterKeyId undefined for keys that were wrapped before master keys had ids
   * @throws WrongSecretsKeyError if that key is missing, or does not open the data key
   */
  abstract unwrap(wrapped: string, context: readonly string[], masterKeyId?: string): Promise<Buffer>;
}
