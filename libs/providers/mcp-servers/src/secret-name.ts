/** A secret's name: the argument that it becomes in a call. */
export const SECRET_NAME = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
