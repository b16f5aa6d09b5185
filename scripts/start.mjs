// `npm start`: builds when needed, then runs the gateway in this process.
import { runProgram } from './run-program.mjs';

await runProgram('main');
