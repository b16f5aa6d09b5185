export { BackendApi, EFFECT_UNKNOWN, type ApiAnswer, type ApiCall } from './backend-api.js';
export { isObject, parseJson, type JsonObject } from './json.js';
