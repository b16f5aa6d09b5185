/** oidc-provider tells the console that Node 20 is old and that tests are no production. Imported before it. */
for (const level of ['info', 'warn'] as const) {
  const write = console[level].bind(console);
  console[level] = (...words: unknown[]) => {
    if (!String(words[0]).startsWith('oidc-provider ')) write(...words);
  };
}

export {};
