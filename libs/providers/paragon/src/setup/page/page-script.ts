/**
 * The script of the setup page.
 *
 * 1. It removes the token from the address bar and the browser's history. 2. The button exchanges the token for a Paragon token. This
 * works only once, so a second attempt uses the token of the first. 3. The script loads the Connect SDK, authenticates the user and opens
 * the portal. 4. The SDK's callbacks decide the message of the page. Each callback comes at most once per `connect`. If the user closes
 * the portal without connecting, only `onClose` is called. A portal that reported an error can still succeed; success is final.
 *
 * The SDK leaves the user's token in the browser's storage. The script removes it when the user leaves the page. It also removes it when
 * the page opens, because another user may have left one.
 */
export const PAGE_SCRIPT = `
(() => {
  'use strict';
  const { name, sdk, host } = document.currentScript.dataset;
  const token = new URLSearchParams(location.search).get('token');
  history.replaceState(null, '', location.pathname);

  const PATIENCE_MS = 30000;
  const [ask, done, connected, button, failure, progress, note] =
    ['ask', 'done', 'connected', 'connect', 'failure', 'progress', 'note'].map((id) => document.getElementById(id));
  let credentials;
  let attempt = 0;
  let finished = false;

  class SetupError extends Error {
    constructor(title, advice, more = {}) {
      super(title);
      Object.assign(this, { advice, ...more });
    }
  }

  function forget() {
    try {
      localStorage.removeItem('paragon-connect-user-state');
    } catch {
      // Without storage nothing was left in it.
    }
  }

  function busy(text) {
    button.setAttribute('aria-disabled', 'true');
    button.textContent = 'Connecting ' + name;
    progress.textContent = text;
  }

  function idle(label, text) {
    button.removeAttribute('aria-disabled');
    button.textContent = label;
    progress.textContent = text;
  }

  function succeed() {
    finished = true;
    ask.hidden = true;
    done.hidden = false;
    document.title = name + ' is connected';
    // Not while the user is still at work in the portal.
    if (document.activeElement.tagName !== 'IFRAME') connected.focus();
  }

  function fail({ message, advice, detail, final }) {
    if (finished) return;
    const title = document.createElement('b');
    title.textContent = message;
    const code = document.createElement('code');
    code.textContent = detail || '';
    ask.classList.add('tried');
    failure.replaceChildren(title, advice, ...(detail ? [code] : []));
    idle('Try again', '');
    button.hidden = final === true;
    note.hidden = button.hidden;
  }

  const detailOf = (error) => String((error && error.message) || error || '').slice(0, 300);

  const inTime = (promise) => new Promise((resolve, reject) => {
    const late = new SetupError('That took too long', 'Check your internet connection and try again.');
    const timer = setTimeout(() => reject(late), PATIENCE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });

  async function redeem() {
    const response = await fetch(location.pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    }).catch(() => {
      throw new SetupError('Manifold cannot be reached', 'Check your internet connection and try again.');
    });
    if (response.ok) return response.json();
    if (response.status === 400) {
      throw new SetupError('This link can no longer be used', 'It has been used, or its 15 minutes are over. Ask your agent for a new link.', { final: true });
    }
    if (response.status === 403) {
      throw new SetupError('This page has an unusual address', 'Open the link exactly as your agent gave it to you.', { final: true });
    }
    throw new SetupError('Manifold cannot do this right now', 'Wait a minute and try again.');
  }

  function loadSdk() {
    if (window.paragon) return Promise.resolve(window.paragon);
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      const missing = () => {
        script.remove();
        reject(new SetupError('A part of this page could not be loaded', 'A content blocker or your network keeps it from ' + new URL(sdk).host + '. Allow that address and try again.'));
      };
      script.src = sdk;
      script.onload = () => window.paragon ? resolve(window.paragon) : missing();
      script.onerror = missing;
      document.head.append(script);
    });
  }

  async function signIn(paragon) {
    if (host) paragon.configureGlobal({ host });
    await paragon.authenticate(credentials.projectId, credentials.userToken).catch((error) => {
      throw new SetupError('Paragon did not let you in', 'Ask your agent for a new link. If that does not help, show this to the people who run Manifold:', { detail: detailOf(error) });
    });
  }

  function openPortal(paragon, current) {
    const { integration } = credentials;
    let reported = false;
    const report = (error) => {
      if (reported || current !== attempt) return;
      reported = true;
      fail(new SetupError(name + ' was not connected', 'Try again. If that does not help, show this to the people who run Manifold:', { detail: detailOf(error) || 'no reason given' }));
    };
    const isConnected = () => {
      const { integrations } = paragon.getUser();
      return Boolean(integrations && integrations[integration] && integrations[integration].enabled);
    };
    const onClose = () => {
      if (finished || isConnected()) {
        document.activeElement.blur();
        return succeed();
      }
      if (reported || current !== attempt) return;
      reported = true;
      fail(new SetupError(name + ' is not connected yet', 'The window was closed before that. Nothing has changed; you can try again.'));
    };
    idle('Open the window again', 'Go on in the window of Paragon.');
    const opened = paragon.connect(integration, { onSuccess: succeed, onError: report, onClose });
    Promise.resolve(opened).catch(report);
  }

  async function run() {
    attempt += 1;
    const current = attempt;
    failure.replaceChildren();
    busy('Checking the link');
    credentials = credentials || await inTime(redeem());
    note.textContent = 'Keep this page open until you are done: its link has been used.';
    busy('Loading the window of Paragon');
    const paragon = await inTime(loadSdk());
    await inTime(signIn(paragon));
    openPortal(paragon, current);
  }

  forget();
  addEventListener('pagehide', forget);
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    run().catch((error) => fail(error instanceof SetupError ? error : new SetupError('Something went wrong', 'Try again. If that does not help, show this to the people who run Manifold:', { detail: detailOf(error) })));
  });
})();
`;
