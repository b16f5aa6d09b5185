import { hash } from 'node:crypto';
import type { ToolDescriptor } from '@manifold/tool-provider';
import type { Listing } from '../catalogue/catalogue.js';

/** Cache of descriptor digests. Users share descriptors, so each one is serialised and hashed once. */
const ofDescriptors = new WeakMap<ToolDescriptor, string>();

/** Returns a digest to compare two listings, also across processes. */
export const digestOf = ({ tools }: Listing): string => sha256(tools.map(digestOfTool).join());

function digestOfTool(tool: ToolDescriptor): string {
  const known = ofDescriptors.get(tool);
  if (known !== undefined) return known;
  const { app, name, publicName, definition, needsOneOf } = tool;
  const digest = sha256(JSON.stringify([app, name, publicName, definition, needsOneOf]));
  ofDescriptors.set(tool, digest);
  return digest;
}

const sha256 = (text: string): string => hash('sha256', text, 'base64url');
