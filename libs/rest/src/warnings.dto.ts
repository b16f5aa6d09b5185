/** The part of an answer that says what of the request was ignored. */
export class WarningsDto {
  /** What of the request had no effect, such as fields that the gateway does not know. At most 20. */
  warnings?: string[];
}
