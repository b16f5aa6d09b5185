import type { RawObject } from './upstream-connection.js';

/** The capabilities of a client that supports everything. A server declares all its tools to such a client. */
export const ALL_CAPABILITIES: RawObject = {
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  roots: {},
};
