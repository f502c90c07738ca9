export { Scopes, type Level, type Operation, type Permission } from './scopes.js';
export { Access, AuthorizationGuard, OperationAccess } from './authorization.guard.js';
export { reachesPatient, type TeamMembership } from './relationship.js';
