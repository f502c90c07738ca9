import { type AuditOrigin } from '@app/audit';
import { type Principal } from '@app/authentication';
import { type Scopes } from '@app/authorization';

/** On whose behalf something is done, and what its audit events say of the request. */
export interface Caller {
  principal: Principal;
  scopes: Scopes;
  origin: AuditOrigin;
}

/** What screening did to a document before it came here. It is stored with the document, encrypted. */
export interface ScreeningResult {
  outcome: 'clean' | 'anonymized';
  findings: { type: string; count: number; pointer: string }[];
  /** A part of the detector was out of reach: the patient is queued, and the document is screened again (`Rescreening`). */
  degraded?: true;
}

/** One version of a document, as it was written. */
export interface Versioned<T> {
  id: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  /** Absent in the version that deleted it. */
  resource?: T;
  screening?: ScreeningResult;
}

export interface Page<T> {
  items: T[];
  /** Position for the next page; it holds keys and must be encrypted before it leaves. */
  next?: string;
}

/**
 * How a write may be repeated: the keyed name of the request and a keyed hash of its body, each under every index root
 * that is known, the active one first: while a root is replaced, instances may differ in which one is active.
 */
export interface Idempotency {
  tokens: string[];
  bodyHashes: string[];
}

/** What an idempotent request made when it first ran. */
export interface Replay {
  patientId: string;
  ids: string[];
}
