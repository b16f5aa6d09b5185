// Preload of a gateway that scripts/call-path.mjs starts: answers each message with the functions of the gateway that were entered since
// the last one, as pairs of the URL of the file and the name.
import { Session } from 'node:inspector/promises';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

const isOwn = (url) => url.startsWith('file://') && url.includes('/build/') && !url.includes('/node_modules/');

process.on('message', async () => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const scripts = result.filter(({ url }) => isOwn(url));
  const rows = scripts.flatMap(({ url, functions }) =>
    functions
      .filter(({ ranges: [{ count }] }) => count > 0)
      .map(({ functionName, ranges: [{ startOffset }] }) => [
        url,
        functionName.replace(' ', '-') || `at-${startOffset}`,
      ]),
  );
  process.send(rows);
});
process.channel.unref();
