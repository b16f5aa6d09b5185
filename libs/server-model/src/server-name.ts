/** The pattern of a registered server's name. The name is a part of URLs, log lines and keys. */
export const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** The rule in words, as the end of a sentence after the name of the field. */
export const SERVER_NAME_RULE =
  'must be 1 to 64 letters, digits, dots, dashes, underscores or @, and start with a letter or digit';
