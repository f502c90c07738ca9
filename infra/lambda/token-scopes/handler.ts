import { limitScopes } from './limit-scopes.js';

export const handler = limitScopes;
