/*
 * `node attempt.mjs <client> <target as JSON>`: one client in a process of its own does what every client has to do, and the last line of the
 * output is a report as JSON. A client is a file beside this one with `connect(target)`, which returns `list`, `call` and `close`.
 */
import { DENIED, ECHO } from '../calls.mjs';
import { causesOf } from './causes.mjs';

const [, , name, json] = process.argv;
const target = JSON.parse(json);
const report = {};

try {
  const { connect } = await import(`./${name}.mjs`);
  const client = await connect(target);
  report.tools = await client.list();
  report.answer = await client.call(ECHO.tool, ECHO.args);
  report.error = await client.call(DENIED.tool, DENIED.args).catch(causesOf);
  await client.close();
} catch (error) {
  report.failure = causesOf(error);
}
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit());
