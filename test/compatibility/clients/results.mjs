/** Returns all text of a result of `tools/call`. */
export const textOf = (result) => result.content.map(({ text }) => text ?? '').join('\n');
