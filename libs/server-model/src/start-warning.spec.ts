import { startWarning, type StartedServer } from './start-warning.js';

const server = (changes: Partial<StartedServer>): StartedServer => ({
  name: 'files',
  enabled: true,
  status: 'connected',
  ...changes,
});

it.each<[Partial<StartedServer>, string | undefined]>([
  [{}, undefined],
  [{ status: 'disconnected' }, undefined],
  [{ status: 'error', lastError: 'it ended' }, 'Server files does not run: it ended'],
  [
    { lastError: 'Its tools could not be listed: no database' },
    'Server files runs with a fault: Its tools could not be listed: no database',
  ],
  [{ status: 'connecting' }, 'Server files is still starting: GET /mcp/servers/files shows its status'],
  [{ enabled: false, status: 'disconnected', lastError: 'it ended' }, undefined],
])('a server %j is warned of: %s', (changes, warning) => {
  expect(startWarning(server(changes))).toEqual(warning === undefined ? {} : { warning });
});
