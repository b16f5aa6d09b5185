/**
 * Loaded before a gateway (`--import`): SIGUSR2 collects garbage and writes the bytes of heap that remain in use to the file that
 * MANIFOLD_TEST_HEAP names.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc');
const file = process.env.MANIFOLD_TEST_HEAP;

process.on('SIGUSR2', () => {
  collect();
  // Finalizers of the first collection release objects that only the second one frees.
  setTimeout(() => {
    collect();
    writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed));
    renameSync(`${file}.new`, file);
  }, 100);
});
