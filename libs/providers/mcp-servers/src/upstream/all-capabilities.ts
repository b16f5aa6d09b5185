import type { RawObject } from './upstream-connection.js';

/** Of a client that can do everything: what a server declares its tools to in full. */
export const ALL_CAPABILITIES: RawObject = {
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  roots: {},
};
