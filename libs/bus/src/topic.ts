/** Carries errors of one family to another replica. */
export interface ErrorCodec {
  /** Returns an error as JSON; undefined for an error that is not of the family, of which the other replica then learns nothing. */
  write(error: unknown): unknown;
  /** Makes the error from what `write` returned at the other replica. */
  read(written: unknown): Error;
}

/**
 * A topic of messages. Its type parameters are what is sent, as plain JSON: the message, its answer, and for calls the side messages of the
 * called replica and the caller's replies to them. Each library declares its own topics, each name once. A topic whose messages change gets
 * a new name: a call to a replica of another version then fails at once.
 */
export class Topic<Message, Answer = undefined, Side = never, Reply = undefined> {
  declare readonly message: Message;
  declare readonly answer: Answer;
  declare readonly side: Side;
  declare readonly reply: Reply;

  /**
   * @param name `<library>.<what happened>`
   * @param errors the errors with which calls may fail or may be cancelled
   */
  constructor(
    readonly name: string,
    readonly errors?: ErrorCodec,
  ) {}
}
