/** The part of an answer that says what of the request was ignored. */
export class WarningsDto {
  /** Parts of the request that had no effect, such as fields that the gateway does not know. At most 20. */
  warnings?: string[];
}
