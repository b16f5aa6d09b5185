const text = (value) => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
});
const tool = (name, description) => ({ name, description, inputSchema: { type: 'object' } });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The tools of `--asks`. */
export const ASKING_TOOLS = [
  tool(
    'ask',
    'Logs, reports progress and asks with its argument `marker`; over HTTP with `elsewhere` on the stream of GET',
  ),
  tool(
    'ask_raw',
    'Sends the messages of its argument `messages`, and answers with the answers to those that have an id',
  ),
  tool('ask_for_ever', 'Asks again with each answer, and never answers'),
  tool('ask_many', 'Asks `count` things at once'),
  tool('ask_and_crash', 'Ends the process while a question is open'),
  tool('ask_and_answer', 'Answers while a question is open'),
  tool('ask_afterwards', 'Answers first and asks then'),
  tool('declared', 'Answers the capabilities of the client, and the process id'),
];

/** Only clients with this capability see `only_for_clients` in the list. */
const CONDITION = 'sampling';
const CONDITIONAL = tool('only_for_clients', 'There for clients that can sample');

/** Tools that send requests to the client, in a server that handles many calls at a time. */
export class UpstreamAsking {
  /** @param {import('./journal.mjs').Journal} ledger gets one line per answer of a client */
  constructor(ledger) {
    this.lastId = 0;
    this.ledger = ledger;
  }

  get capabilities() {
    return { logging: {} };
  }

  /** Returns the additional tools for the client of this channel. */
  toolsFor(channel) {
    return channel.client?.capabilities?.[CONDITION] ? [CONDITIONAL] : [];
  }

  /** Handles a client's answer to a question. */
  answered(message, channel) {
    this.ledger.write({ event: 'answer', result: message.result, error: message.error });
    channel.questions?.get(message.id)?.(message);
    channel.questions?.delete(message.id);
  }

  /** @returns what the tool does, as `(progress, signal, send, channel) => Promise<result>`; undefined for other tools */
  call(name, args) {
    switch (name) {
      case 'ask':
        return (progress, _signal, send, channel) => this.ask(args, progress, send, channel);
      case 'ask_raw':
        return (_progress, _signal, send, channel) => this.raw(args, send, channel);
      case 'ask_for_ever':
        return (_progress, signal, send, channel) => this.forEver(signal, send, channel);
      case 'ask_many':
        return async (_progress, _signal, send, channel) => {
          const numbers = Array.from({ length: args.count }, (_, number) => number);
          const answers = await Promise.all(numbers.map((number) => this.elicit(`number ${number}`, send, channel)));
          return text(answers.map(({ result, error }) => result ?? error));
        };
      case 'ask_and_crash':
        return async (_progress, _signal, send, channel) => {
          void this.elicit('before the end', send, channel);
          setTimeout(() => process.exit(1), 50);
          return new Promise(() => undefined);
        };
      case 'ask_and_answer':
        return async (_progress, _signal, send, channel) => {
          void this.elicit('never mind', send, channel);
          await new Promise((resolve) => setTimeout(resolve, 50));
          return text('answered');
        };
      case 'ask_afterwards':
        return async (_progress, _signal, send, channel) => {
          setTimeout(() => void this.elicit('too late', channel.elsewhere ?? send, channel), 20);
          return text('answered');
        };
      case 'declared':
        return async (_progress, _signal, _send, channel) =>
          text({ capabilities: channel.client?.capabilities, pid: process.pid });
      case CONDITIONAL.name:
        return async (_progress, _signal, _send, channel) =>
          text(this.toolsFor(channel).length > 0 ? 'for you' : 'not for you');
      default:
        return undefined;
    }
  }

  async ask({ marker, times = 1, elsewhere }, progress, sendHere, channel) {
    const send = (elsewhere && channel.elsewhere) || sendHere;
    const answers = [];
    for (let time = 0; time < times; time++) {
      this.log(`before ${marker}`, send);
      progress({ progress: 2 * time + 1, message: `before ${marker}` });
      await turn();
      const { result, error } = await this.elicit(`asked by ${marker}`, send, channel);
      answers.push(result?.content?.answer ?? error ?? result);
      progress({ progress: 2 * time + 2, message: `after ${marker}` });
      this.log(`after ${marker}`, send);
      await turn();
    }
    return text({ marker, answers });
  }

  async raw({ messages }, send, channel) {
    const asked = messages.filter(({ id }) => id !== undefined);
    const answers = asked.map(({ id }) => new Promise((resolve) => this.expect(id, resolve, channel)));
    for (const message of messages) send(message);
    return text(await Promise.all(answers));
  }

  async forEver(signal, send, channel) {
    for (let round = 1; !signal.aborted; round++) await this.elicit(`round ${round}`, send, channel);
  }

  log(data, send) {
    send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', logger: 'asking', data } });
  }

  elicit(message, send, channel) {
    const id = `question-${++this.lastId}`;
    const params = { message, requestedSchema: { type: 'object', properties: { answer: { type: 'string' } } } };
    const answer = new Promise((resolve) => this.expect(id, resolve, channel));
    send({ jsonrpc: '2.0', id, method: 'elicitation/create', params });
    return answer;
  }

  expect(id, resolve, channel) {
    channel.questions ??= new Map();
    channel.questions.set(id, resolve);
  }
}
