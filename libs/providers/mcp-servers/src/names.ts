/** A registered server's name. It is a part of URLs, log lines and keys. */
export const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;

/** A secret's name: the argument that it becomes in a call. */
export const SECRET_NAME = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
