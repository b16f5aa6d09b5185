import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 500;
/** A start takes some seconds, and is repeated after a crash. */
const START_LIMIT_MS = 120_000;

/** The code of the gateway's answer when a server answered with a JSON-RPC error. */
const REJECTED = 'upstream_rejected';

/** Installs a package, looks at its server, calls its tool and removes it. @returns a row of the table, whatever fails */
export function tryServer(definition, index, gateway) {
  return attempt(definition, index, gateway).catch((error) => ({ definition, note: `the run failed: ${error.stack}` }));
}

async function attempt(definition, index, { operator }) {
  const { package: name, version, args, env, call } = definition;
  const serverName = `server-${index}`;
  const settings = { ...(args && { args }), ...(env && { env }) };
  const job = await installed({ name, version, serverName, ...settings }, operator);
  if (job.status !== 'succeeded') return { definition, note: `not installed: ${job.error?.message ?? job.step}` };
  try {
    const server = await settled(serverName, operator);
    const row = { definition, starts: server.status === 'connected', tools: server.toolsList?.length ?? 0 };
    const called = row.starts && call ? await callOf(serverName, call, operator) : undefined;
    const notices = server.notices ?? [];
    return { ...row, notices, answers: called?.answers, note: server.lastError ?? called?.note };
  } finally {
    await operator.request('DELETE', `/packages/${serverName}`);
  }
}

/** Installs as a job: an install may take longer than a client waits for an answer. @returns the job when it has ended */
async function installed(installation, operator) {
  const { body } = await operator.request('POST', '/packages/install', installation, { prefer: 'respond-async' });
  if (!body.job) return { status: 'failed', error: { message: body.error } };
  for (;;) {
    const { job } = (await operator.request('GET', `/packages/jobs/${body.job.id}`)).body;
    if (job.status !== 'running') return job;
    await pause(EVERY_MS);
  }
}

/** Waits until a server has started, or failed to. */
async function settled(serverName, operator) {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const { server } = (await operator.server(serverName)).body;
    if (server.status === 'connected' || server.status === 'error' || Date.now() > deadline) return server;
    await pause(EVERY_MS);
  }
}

async function callOf(serverName, [methodName, args], operator) {
  const { status, body } = await operator.callTool({ serverName, methodName, args });
  if (body.code === REJECTED) return { answers: true, note: `error: ${body.error}` };
  if (status !== 200) return { answers: false, note: `${status} ${body.error}` };
  const text = body.data.content.map((block) => block.text ?? `[${block.type}]`).join(' ');
  return { answers: true, note: `${body.data.isError ? 'error: ' : ''}${text}` };
}
