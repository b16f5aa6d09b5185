/** Removes the slashes at the end of a text, in time that grows with its length: `/\/+$/` takes time that grows with its square. */
export function withoutSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}
