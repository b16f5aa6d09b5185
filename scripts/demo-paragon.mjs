// `npm run demo:paragon`: the gateway with a simulated Paragon behind it, for trying by hand. Ctrl-C ends both and removes what they wrote.
import '../test/support/typescript.mjs';
import { ensureBuilt } from './build-stamp.mjs';
import { runDemo } from './demo-gateway.mjs';

function guide(url, paragon) {
  const call = { username: 'alice', serverName: 'hubspot', methodName: 'HUBSPOT_CREATE_CONTACT' };
  const body = JSON.stringify({ ...call, args: { email: 'ada@example.com' } });
  return `
This gateway offers the tools of a simulated Paragon (${paragon}).

  alice  has connected Slack and Google Calendar
  bob    has connected nothing

As alice in Cursor (~/.cursor/mcp.json)
  { "mcpServers": { "paragon-demo": { "url": "${url}/mcp?user=alice" } } }

As alice in Claude Code
  claude mcp add --transport http paragon-demo "${url}/mcp?user=alice"

Any other name after ?user= is a user who has connected nothing.

What to ask
  1. "Say hello in #general on Slack": the answer shows in whose name the tool ran, and with which arguments.
  2. "Add ada@example.com to HubSpot": the answer is a link, because alice has not connected HubSpot.
     It leads to the page /setup of this gateway, which loads the simulator in place of Paragon's Connect SDK.
     Press the button there and ask again: now it works. Nothing real is connected anywhere.

The same without an agent
  curl -s ${url}/mcp/tool/call -H 'content-type: application/json' -d '${body}'
`;
}

await ensureBuilt();
const { ParagonProject, ParagonSimulator } = await import('../test/simulators/paragon/index.ts');

const project = new ParagonProject();
const simulator = await ParagonSimulator.start(project);
for (const integration of ['slack', 'googleCalendar']) simulator.connect('alice', integration);

await runDemo({
  settings: { ...project.settings, ...simulator.settings },
  simulator,
  guide: (url) => guide(url, simulator.url),
});
