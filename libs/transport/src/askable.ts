import type { RawObject } from '@manifold/tool-provider';
import { isObject } from './json-rpc.js';

/** What a backend may ask a client for. */
const ASKED_FOR = ['sampling', 'elicitation', 'roots'];

/** A client's capabilities, where it can be asked for anything; undefined else. */
export const askable = (capabilities: unknown): RawObject | undefined =>
  isObject(capabilities) && ASKED_FOR.some((name) => isObject(capabilities[name])) ? capabilities : undefined;
