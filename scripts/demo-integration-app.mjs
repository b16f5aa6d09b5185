// `npm run demo:integration-app`: the gateway with a simulated Integration.app behind it, for trying by hand. Ctrl-C ends both and removes
// what they wrote.
import '../test/support/typescript.mjs';
import { ensureBuilt } from './build-stamp.mjs';
import { runDemo } from './demo-gateway.mjs';

/** Lifetime of the token: long enough for an afternoon. */
const TOKEN_SECONDS = 12 * 3600;

function guide(url, api, token) {
  const call = { username: 'alice', serverName: 'gmail', methodName: 'send-email' };
  const body = JSON.stringify({ ...call, args: { to: 'ada@example.com', subject: 'Hello' } });
  return `
This gateway offers the tools of a simulated Integration.app (${api}).

  alice  has connected Gmail, Google Calendar and HubSpot; HubSpot has to be reconnected, so its tools are not there
  bob    has connected Google Docs

As alice in Cursor (~/.cursor/mcp.json), with an access token of hers as Integration.app's own server takes it
  { "mcpServers": { "integration-app": { "url": "${url}/sse?token=${token}" } } }

As alice in Claude Code
  claude mcp add --transport http integration-app-demo "${url}/mcp?user=alice"

Without a token, ?user= says who is calling: the gateway makes a token of Integration.app in that name. Only on this machine, in development.

What to ask
  1. "Send an email to ada@example.com": the answer shows in whose name the tool ran, and with which arguments.
  2. "Which tools do you have?" as alice, then as bob: each sees what they have connected. Nothing real is connected anywhere.

The same without an agent
  curl -s ${url}/mcp/tool/call -H 'content-type: application/json' -d '${body}'
`;
}

await ensureBuilt();
const { IntegrationAppSimulator, Workspace } = await import('../test/simulators/integration-app/index.ts');

const workspace = Workspace.withSecret();
const simulator = await IntegrationAppSimulator.start({ workspace });
for (const integration of ['gmail', 'google-calendar', 'hubspot']) simulator.connect('alice', integration);
simulator.disconnect('alice', 'hubspot');
simulator.connect('bob', 'google-docs');

const token = await workspace.token('alice', { exp: Math.floor(Date.now() / 1000) + TOKEN_SECONDS });
await runDemo({
  settings: { ...workspace.settings, ...simulator.settings },
  simulator,
  guide: (url) => guide(url, simulator.url, token),
});
