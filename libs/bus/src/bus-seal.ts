/**
 * Seals what replicas say to each other: whoever has Redis, but not the replicas' keys, reads nothing of it and adds nothing to it.
 * Handed in by the library that has the keys.
 */
export abstract class BusSeal {
  /** @param channel where it is said: what is sealed for one channel opens in no other */
  abstract seal(text: string, channel: string): string;

  /** Rejects for what no replica has sealed for this channel. May have to read a new key first. */
  abstract open(sealed: string, channel: string): Promise<string>;
}
