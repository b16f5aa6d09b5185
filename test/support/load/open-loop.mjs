/**
 * Sends calls at a fixed rate, whether or not earlier ones have been answered. It runs in a separate process, for overload tests.
 *
 * Job: { url, path, body, perSecond, seconds, token? }. Answers { answers: [[status, milliseconds, had Retry-After]], faults: [text],
 * seconds }.
 */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 5;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

process.once('message', async ({ url, path, body, perSecond, seconds, token }) => {
  const payload = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const answers = [];
  const faults = [];
  const send = () =>
    new Promise((resolve) => {
      const sent = performance.now();
      const outgoing = request(new URL(path, url), { agent, method: 'POST', headers }, (answer) => {
        const { statusCode } = answer;
        answer.resume().once('end', () => {
          answers.push([statusCode, performance.now() - sent, Number(answer.headers['retry-after']) > 0]);
          resolve();
        });
      });
      outgoing.on('error', (error) => {
        faults.push(error.code ?? error.message);
        resolve();
      });
      outgoing.end(payload);
    });

  const under = [];
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = ((performance.now() - began) / 1000) * perSecond;
    for (; sent < due; sent += 1) under.push(send());
    await pause(TICK_MS);
  }
  const took = (performance.now() - began) / 1000;
  await Promise.all(under);
  process.send({ answers, faults, seconds: took });
  process.disconnect();
});
