/**
 * node client-adapter.mjs <URL of the suite's MCP server>
 *
 * The conformance suite runs this program as the client under test. It plays a user of the gateway at CONFORMANCE_GATEWAY who calls a tool
 * of the suite's server and consents wherever the gateway asks for it, and the operator. The client under test is the gateway. The program
 * ends with 0 when the tool was called.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** More than a user would do. The gateway has to stop asking by itself. */
const MOST_CONSENTS = 6;
const LISTING_LIMIT_MS = 15_000;
const TOOL = 'test-tool';

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT, CONFORMANCE_GATEWAY: gateway } = process.env;
const url = process.argv.at(-1);
/** All scenarios share one gateway: each has a server of its own. */
const name = `client-${process.pid}`;

// The other scenarios of the set are about things that a gateway leaves to its clients.
if (scenario.startsWith('auth/')) process.exitCode = (await callAsUser()) ? 0 : 1;

async function callAsUser() {
  await rest('POST', '/mcp/servers', { name, transportType: 'streamable_http', url });
  const { client_id: clientId, client_secret: clientSecret, issuer } = JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}');
  if (clientId) await rest('PUT', `/mcp/servers/${name}/oauth/client`, { issuer, clientId, clientSecret });
  const deadline = Date.now() + LISTING_LIMIT_MS;
  for (let consents = 0; consents <= MOST_CONSENTS;) {
    const { status, body } = await rest('POST', '/mcp/tool/call', { serverName: name, methodName: TOOL, args: {} });
    console.log(`the call is answered ${status} ${JSON.stringify(body)}`);
    if (status === 200) return body.data.isError !== true;
    if (body.authorizationUrl !== undefined) {
      if (!(await consent(body.authorizationUrl))) return false;
      consents += 1;
    } else if (status === 404 && Date.now() < deadline) {
      await sleep(100); // its tools are being listed
    } else return false;
  }
  return false;
}

/** The suite's authorization server has no page: it sends the browser back at once. */
async function consent(link) {
  const { origin, pathname, searchParams } = new URL(link);
  const departure = await fetch(new URL(pathname, origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ link: searchParams.get('link') }),
  });
  const { authorizationUrl, detail } = await departure.json();
  console.log(`the link leads to ${authorizationUrl ?? detail}`);
  if (authorizationUrl === undefined) return false;
  const away = await fetch(authorizationUrl, { redirect: 'manual' });
  const back = away.headers.get('location');
  console.log(`the authorization server answers ${away.status} ${back ?? ''}`);
  if (back === null) return false;
  const cookie = departure.headers.get('set-cookie').split(';')[0];
  const arrival = await fetch(back, { headers: { cookie } });
  console.log(`the gateway answers ${arrival.status}`);
  return arrival.ok;
}

async function rest(method, path, body) {
  const response = await fetch(new URL(path, gateway), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
