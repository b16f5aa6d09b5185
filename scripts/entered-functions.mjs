// Preload of a gateway that scripts/call-path.mjs starts: answers each message with the functions of the gateway that were entered since
// the last one, with the URL of the file, the name, and how often.
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
      .map(({ functionName, ranges: [{ startOffset, count }] }) => [
        url,
        functionName.replace(' ', '-') || `at-${startOffset}`,
        count,
      ]),
  );
  process.send(rows);
});
process.channel.unref();
