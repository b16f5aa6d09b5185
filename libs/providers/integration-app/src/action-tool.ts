import type { ActionAddress } from './integration-app.client.js';

/** References an action in the tool registry. It holds no user data, so users with equal listings share it. */
export class ActionTool {
  constructor(readonly address: ActionAddress) {}
}
