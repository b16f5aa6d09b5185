import { createHmac } from 'node:crypto';
import { BusSeal } from '../../src/index.js';

/** Shows who has said it and where. That nobody can read it is the business of the library that has the keys. */
export class Signature extends BusSeal {
  constructor(private readonly key: string) {
    super();
  }

  seal(text: string, channel: string): string {
    return createHmac('sha256', this.key).update(channel).update(text).digest('hex') + text;
  }

  async open(sealed: string, channel: string): Promise<string> {
    const text = sealed.slice(64);
    if (this.seal(text, channel) !== sealed) throw new Error('Another key, another channel, or another text');
    return text;
  }
}
