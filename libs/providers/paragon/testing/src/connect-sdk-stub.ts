import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where the Connect SDK leaves the signed-in user. */
export const STORAGE_KEY = 'paragon-connect-user-state';

/**
 * Behaves as the Connect SDK does towards a page (`@useparagon/connect` 2.4): a frame of another origin is the portal, callbacks come
 * at most once per `connect`, closing the portal settles no promise, and the user is left in the browser's storage.
 */
const SDK = `
(() => {
  const origin = new URL(document.currentScript.src).origin;
  const calls = [];
  let user = { authenticated: false };
  let callbacks = {};
  let settle = {};
  const once = (name, ...values) => {
    const callback = callbacks[name];
    delete callbacks[name];
    if (callback) callback(...values);
  };
  const frame = document.createElement('iframe');
  frame.id = 'portal';
  frame.src = origin + '/portal';
  Object.assign(frame.style, { position: 'fixed', top: '0', left: '0', width: '100vw', height: '100vh', border: '0', zIndex: '9', display: 'none' });
  document.body.appendChild(frame);
  const found = localStorage.getItem('${STORAGE_KEY}');
  addEventListener('message', ({ data, source }) => {
    if (source !== frame.contentWindow) return;
    const { integration } = callbacks;
    if (data === 'connect') {
      user.integrations[integration] = { enabled: true };
      settle.resolve({ integrationType: integration });
      once('onSuccess', { integrationType: integration }, user);
    }
    if (data === 'fail') {
      settle.reject(new Error('access_denied'));
      once('onError', new Error('access_denied'));
    }
    if (data === 'close') {
      once('onClose', { integrationType: integration }, user);
      frame.style.display = 'none';
    }
  });
  window.paragon = {
    calls,
    found,
    configureGlobal: (options) => void calls.push(['configureGlobal', options]),
    getUser: () => structuredClone(user),
    async authenticate(projectId, token) {
      calls.push(['authenticate', projectId, token]);
      const response = await fetch(origin + '/projects/' + projectId + '/sdk/me', { headers: { Authorization: 'Bearer ' + token } });
      if (!response.ok) throw new Error('Failed to authenticate user with Paragon: ' + (await response.text()));
      user = { authenticated: true, integrations: (await response.json()).integrations };
      localStorage.setItem('${STORAGE_KEY}', JSON.stringify({ projectId, userState: { token } }));
    },
    connect(integration, { onSuccess, onError, onClose } = {}) {
      calls.push(['connect', integration]);
      callbacks = { integration, onSuccess, onError, onClose };
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
        if (!(integration in user.integrations)) throw new Error('Integration "' + integration + '" not found.');
        frame.style.display = 'block';
      });
    },
  };
})();
`;

const button = (id: string): string => `<button onclick="parent.postMessage('${id}', '*')">${id}</button>`;
const PORTAL = `<!doctype html><title>Portal</title><p>Portal</p>${['connect', 'fail', 'close'].map(button).join('')}`;

/** The CDN, the API and the portal of the stub in one server. */
export class ConnectSdkStub {
  /** Requests that arrived, as `GET /path`. */
  readonly requests: string[] = [];
  /** While true, the script cannot be had. */
  sdkMissing = false;
  /** Integrations of the project, and whether the user has connected them. */
  integrations: Record<string, { enabled: boolean }> = { slack: { enabled: false } };
  /** Set: what the API refuses each user with. */
  refusal?: string;
  private readonly server = createServer({ keepAliveTimeout: 0 }, (request, response) =>
    this.answer(request, response),
  );

  static async start(): Promise<ConnectSdkStub> {
    const stub = new ConnectSdkStub();
    stub.server.listen(0, '127.0.0.1');
    await once(stub.server, 'listening');
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${method} ${url}`);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization');
    response.setHeader('cache-control', 'no-store');
    if (method === 'OPTIONS') return void response.writeHead(204).end();
    if (url === '/portal') return void response.setHeader('content-type', 'text/html').end(PORTAL);
    if (url.endsWith('/sdk/me') && this.refusal !== undefined) return void response.writeHead(401).end(this.refusal);
    if (url.endsWith('/sdk/me')) return void response.end(JSON.stringify({ integrations: this.integrations }));
    if (this.sdkMissing) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/javascript').end(SDK);
  }
}
