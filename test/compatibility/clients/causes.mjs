/** Returns the messages of an error and of its causes. */
export function causesOf(error) {
  const messages = [];
  for (let cause = error; cause !== undefined && cause !== null && messages.length < 5; cause = cause.cause) {
    messages.push(cause.message ?? String(cause));
  }
  return messages.join(': ');
}
