/**
 * Suppresses two console messages of oidc-provider: that its settings are not for production, and, for Node 20 only, that Node is too old.
 * Import it before oidc-provider.
 */
for (const level of ['info', 'warn'] as const) {
  const write = console[level].bind(console);
  console[level] = (...words: unknown[]) => {
    if (!String(words[0]).startsWith('oidc-provider ')) write(...words);
  };
}

export {};
