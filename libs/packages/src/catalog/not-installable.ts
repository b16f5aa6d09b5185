import { withoutSlashes } from '@manifold/async';
import type { RegistryPackage, RegistryServer } from './registry.schema.js';

/** Words for kinds of packages that the gateway cannot run, with what an operator can do instead. */
const KINDS: Readonly<Record<string, string>> = {
  oci: 'it is a container image (oci), and the gateway runs no images. Run the image yourself, and register the URL at which it serves MCP with POST /mcp/servers',
  mcpb: 'it is a bundle for desktop clients (mcpb), and the gateway does not unpack these. Ask its publisher for a package of npm or PyPI',
  nuget: 'it is a package of NuGet, and the gateway has no .NET',
  cargo: 'it is a package of crates.io, and the gateway has no Rust',
};
const RUN_HERE = 'the gateway runs packages of npm and PyPI over stdio, and remote servers';

/** Registry types whose packages the gateway runs, and the one registry of each that they may come from. */
export const REGISTRIES: Readonly<Record<string, string>> = {
  npm: 'https://registry.npmjs.org',
  pypi: 'https://pypi.org',
};

/** Returns why the gateway can run none of the packages of a server: one sentence for each kind of reason. */
export function reasonNotToInstall({ packages = [] }: RegistryServer): string {
  if (packages.length === 0)
    return 'It cannot be installed: the registry names neither a package nor a remote endpoint';
  const reasons = new Set(packages.map(reasonOf));
  return [...reasons].map((reason) => `It cannot be installed: ${reason}`).join('. ');
}

function reasonOf({ registryType, registryBaseUrl, transport }: RegistryPackage): string {
  const registry = Object.hasOwn(REGISTRIES, registryType) ? REGISTRIES[registryType] : undefined;
  if (registry === undefined) {
    const known = Object.hasOwn(KINDS, registryType) ? KINDS[registryType] : undefined;
    return known ?? `its kind of package is unknown here; ${RUN_HERE}`;
  }
  if (registryBaseUrl !== undefined && withoutSlashes(registryBaseUrl) !== registry) {
    return `it comes from another registry than ${registry}, where its name may belong to somebody else`;
  }
  if (transport.type !== 'stdio')
    return 'its program listens by itself, and the gateway starts programs that use stdio';
  return 'its identifier is not the name of a package';
}
