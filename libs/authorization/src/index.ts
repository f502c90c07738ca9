export { Scopes, type Level, type Operation, type Permission } from './scopes.js';
export { Access, AuthorizationGuard, type RouteAccess } from './authorization.guard.js';
export { reachesPatient, type TeamMembership } from './relationship.js';
