/*
 * Stands in for Paragon's Connect SDK (@useparagon/connect 2) on the page that loads it: the same functions, arguments, callbacks and
 * events. Where the real one shows the Connect Portal and the provider's own consent page, this asks the simulator how that went.
 */
(() => {
  const { origin } = new URL(document.currentScript.src);
  const listeners = { onIntegrationInstall: new Set(), onPortalOpen: new Set(), onPortalClose: new Set() };
  const nobody = { authenticated: false };
  let project;
  let token;
  let user = nobody;
  let integrations = [];

  const keyOf = ({ type, customIntegration }) => (customIntegration ? `custom.${customIntegration.slug}` : type);

  async function request(path, init) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${origin}/projects/${project}${path}`, { ...init, headers });
    const body = await response.json();
    if (!response.ok) throw new Error(body.message);
    return body;
  }

  /** A callback is the page's own: what it throws is not the SDK's fault. */
  function tell(eventName, callback, event) {
    for (const listener of [callback, ...listeners[eventName]]) {
      try {
        listener?.(event, user);
      } catch (error) {
        console.error(error);
      }
    }
  }

  async function authenticate(projectId, userToken) {
    if (!projectId || !userToken) throw new Error('authenticate() needs a project id and a user token');
    [project, token] = [projectId, userToken];
    try {
      [user, integrations] = await Promise.all([request('/sdk/me'), request('/sdk/integrations')]);
    } catch (error) {
      user = nobody;
      throw new Error(`Paragon does not know the user: ${error.message}`);
    }
  }

  /**
   * Settles with the account, or with why there is none. As with the real one, a user who closes the portal leaves it open for ever, and
   * after a success or a failure the portal is closed, too: `onClose` says nothing about the outcome.
   */
  async function connect(name, options = {}) {
    if (!user.authenticated) throw new Error('connect() needs an authenticated user');
    const integration = integrations.find((one) => one.isActive && keyOf(one) === name);
    if (!integration) throw new Error(`There is no integration ${name}`);
    const event = { integrationId: integration.id, integrationType: name };
    const close = () => tell('onPortalClose', options.onClose, event);
    tell('onPortalOpen', options.onOpen, event);
    let visit;
    try {
      visit = await request('/sdk/portal', { method: 'POST', body: JSON.stringify({ integration: name }) });
      user = await request('/sdk/me');
    } catch (error) {
      setTimeout(close);
      options.onError?.(error);
      throw error;
    }
    setTimeout(close);
    if (visit.closed) return new Promise(() => {});
    const installed = { ...event, credentialId: visit.id, credential: visit };
    tell('onIntegrationInstall', options.onInstall ?? options.onSuccess, installed);
    return installed;
  }

  function subscribe(eventName, listener) {
    listeners[eventName].add(listener);
    return () => unsubscribe(eventName, listener);
  }

  function unsubscribe(eventName, listener) {
    return listeners[eventName].delete(listener);
  }

  window.paragon = { authenticate, connect, getUser: () => structuredClone(user), subscribe, unsubscribe };
})();
