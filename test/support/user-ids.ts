import { randomInt } from 'node:crypto';

const IDS = 1000;

/**
 * Returns a SERVER_UID_RANGE for one gateway, which no other one on the machine is likely to have: a gateway ends all processes under its
 * ids, and other tests run gateways at the same time.
 */
export function ownUserIds(): string {
  const first = (100_000 + randomInt(2_000_000)) * IDS;
  return `${first}-${first + IDS - 1}`;
}
