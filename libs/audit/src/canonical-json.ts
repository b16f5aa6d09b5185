/**
 * JSON with the members of each object in the order of their names, so that equal values have equal texts.
 * @param most characters after which no more is written
 */
export function canonicalJson(value: unknown, most: number): { readonly text: string; readonly isWhole: boolean } {
  const writer = new Writer(most);
  writer.write(value);
  return { text: writer.text.slice(0, most), isWhole: writer.text.length <= most };
}

class Writer {
  text = '';

  constructor(private readonly most: number) {}

  write(value: unknown): void {
    if (this.text.length > this.most) return;
    if (Array.isArray(value)) return this.list(value);
    if (typeof value === 'object' && value !== null) return this.object(value as Record<string, unknown>);
    this.text += typeof value === 'string' ? JSON.stringify(value.slice(0, this.most + 1)) : String(value);
  }

  private list(items: readonly unknown[]): void {
    this.text += '[';
    for (const item of items) {
      this.write(item);
      this.text += ',';
    }
    this.text += ']';
  }

  private object(members: Readonly<Record<string, unknown>>): void {
    this.text += '{';
    for (const name of Object.keys(members).sort()) {
      this.text += `${JSON.stringify(name)}:`;
      this.write(members[name]);
      this.text += ',';
    }
    this.text += '}';
  }
}
