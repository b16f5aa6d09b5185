/** A simulated Paragon in a process of its own, for a parent that forked it: its job as argument, how a gateway finds it and its users' tokens as message. */
import '../test/support/typescript.mjs';

const { actions, users, integration } = JSON.parse(process.argv[2]);
const { ParagonProject, ParagonSimulator } = await import('../test/simulators/paragon/index.ts');
const project = new ParagonProject();
const simulator = await ParagonSimulator.start(project);
simulator.offerMany(actions);
for (const user of users) simulator.connect(user, integration);
const exp = Math.floor(Date.now() / 1000) + 3600;
const tokens = await Promise.all(users.map((user) => project.token(user, { exp })));
process.on('disconnect', () => process.exit(0));
process.send({ settings: { ...project.settings, ...simulator.settings }, tokens });
