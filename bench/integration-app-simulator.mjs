/** A simulated Integration.app in a process of its own, for a parent that forked it: its job as argument, how a gateway finds it and its users' tokens as message. */
import '../test/support/typescript.mjs';

const { apps, actionsPerApp, users, slowMs } = JSON.parse(process.argv[2]);
const { IntegrationAppSimulator, Workspace } = await import('../test/simulators/integration-app/index.ts');
const workspace = Workspace.withSecret();
const simulator = await IntegrationAppSimulator.start({ workspace, pageSize: 1000 });
const verbs = ['create', 'read', 'update', 'delete', 'search', 'archive'];
const things = ['contact', 'invoice', 'message', 'event', 'document', 'task', 'deal', 'ticket', 'file', 'note'];
for (let app = 0; app < apps; app += 1) {
  const actions = Array.from({ length: actionsPerApp }, (_, index) => {
    const [verb, thing] = [verbs[index % verbs.length], things[Math.floor(index / verbs.length) % things.length]];
    const properties = { id: { type: 'string', description: `Id of the ${thing}` }, limit: { type: 'integer' } };
    return {
      key: `${verb}-${thing}-${index}`,
      name: `${verb} ${thing} ${index}`,
      inputSchema: { type: 'object', properties },
    };
  });
  simulator.offer(`app-${app}`, actions);
  for (const user of users) simulator.connect(user, `app-${app}`);
}
for (const path of slowMs ? ['/connections', '/actions'] : []) simulator.always(path, { slowMs });
const exp = Math.floor(Date.now() / 1000) + 3600;
const tokens = await Promise.all(users.map((user) => workspace.token(user, { exp })));
process.on('disconnect', () => process.exit(0));
process.send({ settings: { ...workspace.settings, ...simulator.settings }, tokens });
