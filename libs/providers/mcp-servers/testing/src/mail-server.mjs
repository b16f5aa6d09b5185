/**
 * An MCP server over stdio that authorizes its users by tools, as those for Google do: raw JSON-RPC.
 *
 * ISSUER        the authorization server
 * MISBEHAVE     "no-address": names no address; "plain": names one over plain http; "refuse": refuses every code; "talk": gives text for tokens;
 *               "repeat": refuses every code with a protocol error that repeats all it was given
 */
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';

const { ISSUER: issuer, MISBEHAVE: misbehaviour } = process.env;
const verifiers = new Map();
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value, isError = false) => ({ content: [{ type: 'text', text: value }], isError });
const object = { type: 'object' };
const string = { type: 'string' };

const tools = {
  auth_get_authorization_url: { user_id: string, gauthFileContent: object, redirect_uri: string },
  auth_exchange_code: { code: string, state: string, gauthFileContent: object, redirect_uri: string },
  whoami: { userCredentials: object, gauthFileContent: object },
  repeat: { userCredentials: object, gauthFileContent: object, words: string },
};

const run = {
  auth_get_authorization_url({ user_id: userId, gauthFileContent, redirect_uri: redirectUri }) {
    if (misbehaviour === 'no-address') return text('Ask your administrator');
    if (misbehaviour === 'plain') return text('http://accounts.example/auth');
    const state = JSON.stringify({ userId });
    const verifier = randomBytes(32).toString('base64url');
    verifiers.set(state, verifier);
    const url = new URL(`${issuer}/auth`);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: gauthFileContent.web.client_id,
      redirect_uri: redirectUri,
      scope: 'openid',
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    return text(`Open this page: ${url.href}`);
  },
  async auth_exchange_code({ code, state, gauthFileContent, redirect_uri: redirectUri }) {
    process.stderr.write(`exchange ${code} for ${state} as ${JSON.stringify(gauthFileContent)}\n`);
    if (misbehaviour === 'refuse') return text('invalid_grant', true);
    if (misbehaviour === 'talk') return text('Done!');
    if (misbehaviour === 'repeat') throw new Error(`no: ${code} ${JSON.stringify(gauthFileContent)}`);
    const { client_id: id, client_secret: secret } = gauthFileContent.web;
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifiers.get(state),
      }),
    });
    return text(await response.text(), !response.ok);
  },
  async whoami({ userCredentials }) {
    const headers = { authorization: `Bearer ${userCredentials.access_token}` };
    const response = await fetch(`${issuer}/me`, { headers });
    return text(`mail of ${(await response.json()).sub}`);
  },
  repeat(args) {
    process.stderr.write(`repeat ${JSON.stringify(args)}\n`);
    return text(JSON.stringify(args));
  },
};

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'mail', version: '1.0.0' },
  }),
  'tools/list': () => ({
    tools: Object.entries(tools).map(([name, properties]) => ({
      name,
      inputSchema: { type: 'object', properties, required: Object.keys(properties) },
    })),
  }),
  'tools/call': ({ name, arguments: args }) => run[name](args),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || method === undefined) return;
  const answer = answers[method];
  if (!answer) return send({ id, error: { code: -32601, message: 'Method not found' } });
  try {
    send({ id, result: await answer(params ?? {}) });
  } catch ({ message }) {
    send({ id, error: { code: -32000, message } });
  }
});
