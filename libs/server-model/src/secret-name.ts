/** The pattern of a secret's name, which is the name of the argument or environment variable that receives the secret. */
export const SECRET_NAME = /^(?!(?:__proto__|constructor|prototype)$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
