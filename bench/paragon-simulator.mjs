/** A simulated Paragon in a process of its own, for a parent that forked it: job in, how a gateway finds it and its users out. */
import '../test/support/typescript.mjs';

process.once('message', async ({ actions, users, integration }) => {
  const { ParagonProject, ParagonSimulator } = await import('../test/simulators/paragon/index.ts');
  const project = new ParagonProject();
  const simulator = await ParagonSimulator.start(project);
  simulator.offerMany(actions);
  for (const user of users) simulator.connect(user, integration);
  const tokens = await Promise.all(
    users.map((user) => project.token(user, { exp: Math.floor(Date.now() / 1000) + 3600 })),
  );
  process.send({ settings: { ...project.settings, ...simulator.settings }, tokens });
});
process.on('disconnect', () => process.exit(0));
