export { Scopes, type Level, type Operation, type Permission } from './scopes.js';
export { Access, AuthorizationGuard, OperationAccess } from './authorization.guard.js';
export {
  type EmergencyGrant,
  isOpenFor,
  type Reach,
  reachOf,
  type Relationship,
  type RelationshipPolicy,
  type TeamMembership,
} from './relationship.js';
