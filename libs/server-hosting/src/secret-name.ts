/** A secret's name: that of the argument or of the environment variable that it becomes. */
export const SECRET_NAME = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
