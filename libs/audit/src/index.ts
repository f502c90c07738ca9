export { AuditTrail, eventOf } from './audit-trail.js';
export { findingCounts } from './audit-event.js';
export type {
  AuditAgent,
  AuditEntity,
  AuditEvent,
  AuditEventType,
  AuditOrigin,
  AuditOutcome,
  StoredAuditEvent,
} from './audit-event.js';
