/** What messages are about, and what they hold: plain JSON. Each library declares its own. One name has one declaration. */
export class Topic<Message, Answer = undefined> {
  declare readonly message: Message;
  declare readonly answer: Answer;

  /** @param name `<library>.<what happened>` */
  constructor(readonly name: string) {}
}
