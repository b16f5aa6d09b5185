import { hash } from 'node:crypto';
import type { ToolDescriptor } from '@manifold/tool-provider';
import type { Listing } from './catalogue.js';

/** Users share descriptors: each is written and hashed once. */
const ofDescriptors = new WeakMap<ToolDescriptor, string>();

/** Tells two listings apart, also those of two processes. */
export const digestOf = ({ tools }: Listing): string => sha256(tools.map(digestOfTool).join());

function digestOfTool(tool: ToolDescriptor): string {
  const known = ofDescriptors.get(tool);
  if (known !== undefined) return known;
  const { app, name, publicName, definition } = tool;
  const digest = sha256(JSON.stringify([app, name, publicName, definition]));
  ofDescriptors.set(tool, digest);
  return digest;
}

const sha256 = (text: string): string => hash('sha256', text, 'base64url');
