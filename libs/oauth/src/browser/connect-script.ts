/**
 * Script of the connect page.
 *
 * 1. It removes the link from the address bar, so that bystanders and the browser history do not see it.
 * 2. Its button uses the link up and sends the browser to the URL that the gateway returns.
 *
 * A form could not do that: its policy (`form-action`) would have to name authorization servers that are not known yet.
 */
export const CONNECT_SCRIPT = `
(() => {
  'use strict';
  const { server } = document.currentScript.dataset;
  const link = new URLSearchParams(location.search).get('link');
  history.replaceState(null, '', location.pathname);
  const button = document.getElementById('connect');
  const failure = document.getElementById('failure');

  function fail(words, again) {
    failure.textContent = words;
    button.disabled = false;
    button.hidden = !again;
  }

  async function go() {
    button.disabled = true;
    failure.textContent = '';
    const answer = await fetch(location.pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link }),
    }).catch(() => undefined);
    if (!answer) return fail('The gateway cannot be reached. Check your internet connection and try again.', true);
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) return location.assign(body.authorizationUrl);
    if (answer.status === 400) return fail('This link can no longer be used. Ask your agent again: you get a new one.', false);
    if (answer.status === 403) return fail('Open the link exactly as your agent gave it to you.', false);
    fail('The connection failed: ' + (body.detail || 'the gateway did not say why') + '. Ask your agent again later: you get a new link.', false);
  }

  button.addEventListener('click', go);
})();
`;
