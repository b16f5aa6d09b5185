import path from 'node:path';
import '../support/typescript.mjs';

const { createApiKey } = await import('../support/api-keys.ts');
const { GatewayProcess } = await import('../support/gateway-process.ts');
const { RestClient } = await import('../support/rest-client.ts');

const MODULES = path.join(import.meta.dirname, '../../node_modules/@modelcontextprotocol');
/** Servers of this repository's own dependencies: what calls.mjs calls. */
const SERVERS = {
  everything: ['server-everything/dist/index.js', 'stdio'],
  files: ['server-filesystem/dist/index.js', path.join(import.meta.dirname, 'clients')],
};

/** The network of this machine: the gateway has an environment of its own. */
const NETWORK = ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'];
const network = Object.fromEntries(NETWORK.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));

/** Starts the built gateway in production mode, with two servers, an operator and the key of a user. */
export async function startGateway() {
  const gateway = await GatewayProcess.start({ env: { ...network, NODE_ENV: 'production' }, replicas: 1 });
  try {
    const operator = new RestClient(gateway.url, { token: await createApiKey(gateway, 'olga', 'user,operator,admin') });
    const key = await createApiKey(gateway, 'alice');
    for (const [name, [program, ...args]] of Object.entries(SERVERS)) {
      const registration = { name, command: process.execPath, args: [path.join(MODULES, program), ...args] };
      const { status, body } = await operator.register(registration);
      if (status !== 200 || body.warning) throw new Error(`Cannot register ${name}: ${JSON.stringify(body)}`);
    }
    return { url: gateway.url, operator, key, logs: () => gateway.logs(), stop: () => gateway.dispose() };
  } catch (error) {
    await gateway.dispose();
    throw error;
  }
}
