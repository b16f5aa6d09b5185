import { Injectable } from '@nestjs/common';
import { Keyring } from '@manifold/secrets';
import { ProviderError } from '@manifold/tool-provider';
import type { Outcome, Sealed, WireError } from './sole-messages.js';

const CONTEXT = ['sole servers'];

/** Puts messages between replicas into their sealed form, and takes them out again. */
@Injectable()
export class SoleWire {
  constructor(private readonly keyring: Keyring) {}

  seal<Message>(message: Message): Sealed<Message> {
    return this.keyring.seal(JSON.stringify(message), CONTEXT);
  }

  /** @throws Error for a text that no replica with this key ring has sealed */
  open<Message>({ keyId, sealed }: Sealed<Message>): Message {
    return JSON.parse(this.keyring.unseal(keyId, sealed, CONTEXT)) as Message;
  }

  /** The same where the key may be new here. Rejects, also with the errors of the store. */
  async openLate<Message>(message: Sealed<Message>): Promise<Message> {
    return JSON.parse(await this.keyring.open(message, CONTEXT)) as Message;
  }

  /** Never rejects. */
  async outcomeOf<Value>(work: () => Promise<Value>): Promise<Sealed<Outcome<Value>>> {
    try {
      return this.seal<Outcome<Value>>({ value: await work() });
    } catch (error) {
      return this.seal<Outcome<Value>>({ error: wireError(error) });
    }
  }

  /** @throws ProviderError as it was thrown there */
  async valueOf<Value>(outcome: Sealed<Outcome<Value>>): Promise<Value> {
    const opened = await this.openLate(outcome);
    if ('error' in opened) throw errorOf(opened.error);
    return opened.value;
  }
}

export function wireError(error: unknown): WireError {
  if (!(error instanceof ProviderError))
    return { code: 'upstream_unavailable', message: 'The server is not available' };
  const { code, message, retryAfter, modelText, setupUrl, rpcError } = error;
  return { code, message, retryAfter, modelText, setupUrl, rpcError };
}

export const errorOf = ({ code, message, ...options }: WireError): ProviderError =>
  new ProviderError(code, message, options);
