import type { ActionAddress } from './integration-app.client.js';

/** Stands for an action towards the registry. Holds nothing of a user: users with equal listings share it. */
export class ActionTool {
  constructor(readonly address: ActionAddress) {}
}
