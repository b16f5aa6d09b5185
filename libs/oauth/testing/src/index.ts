export { Clock } from './clock.js';
export { OAuthApp } from './oauth-app.js';
export { OAuthProcess, type OAuthProcessOptions } from './oauth-process.js';
export { callbackOf, connect, cookieOf } from './connect.js';
export { TokenProcess } from './token-process.js';
export { user } from './user.js';
