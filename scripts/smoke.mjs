// `npm run smoke -- --url ... --token ...`: builds when needed, then checks a running gateway from this process.
import { runProgram } from './run-program.mjs';

await runProgram('smoke');
