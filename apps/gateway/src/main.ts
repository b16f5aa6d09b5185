// The program of the gateway. It turns source maps on before it loads the modules, so that stack traces name the TypeScript sources.
process.setSourceMapsEnabled(true);
await import('./run.js');

export {};
