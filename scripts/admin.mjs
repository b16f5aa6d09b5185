// `npm run admin -- <command>`: builds when needed, then runs the admin command in this process.
import { runProgram } from './run-program.mjs';

await runProgram('admin');
