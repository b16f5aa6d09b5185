import type { Sealer } from '../../src/collection.js';

/** Seals by turning the text round, together with its context. */
export class ReversingSealer implements Sealer {
  constructor(private readonly keyId: string) {}

  async seal(plain: string, context: readonly string[]) {
    return { keyId: this.keyId, sealed: reversed(JSON.stringify([plain, ...context])) };
  }

  async open({ sealed: text }: { sealed: string }, context: readonly string[]) {
    const [plain, ...bound] = JSON.parse(reversed(text)) as string[];
    if (JSON.stringify(bound) !== JSON.stringify(context)) throw new Error('Another context');
    return plain!;
  }
}

const reversed = (text: string): string => [...text].reverse().join('');
