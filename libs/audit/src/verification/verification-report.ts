import { type Finding, type FindingKind, type Findings } from './findings.js';
import { type RegisterCheck } from './register-check.js';

/** What a walk over a trail, or over an export of it, has shown. */
export interface VerificationReport {
  /** `intact`: nothing is wrong. */
  outcome: 'intact' | 'not-intact';
  /** ISO 8601, UTC. */
  verifiedAt: string;
  seconds: number;
  checkpoints: {
    verified: number;
    /** Numbers of the first and the newest one; absent when there is none. */
    first?: number;
    last?: number;
    /** Base64 digest of the newest one: it answers for the whole register, so keep it elsewhere. */
    lastDigest?: string;
  };
  events: {
    /** Compared with the checkpoint that sealed them. */
    sealed: number;
    /** Written since the newest checkpoint of their chain; the next one seals them. */
    unsealed: number;
    /** Sealed, and removed since because their retention is over. */
    expired: number;
  };
  chains: { open: number; closed: number; abandoned: number };
  /** Absent where the records were not looked at. */
  records?: RecordsVerified;
  /** What is worth knowing and not wrong. */
  notices: string[];
  /** All that is wrong by kind; `findings` lists the first ones of each chain. */
  counts: Partial<Record<FindingKind, number>>;
  findings: Finding[];
}

export interface RecordsVerified {
  patients: number;
  /** Versions of documents whose message and number are those that the trail names last. */
  documents: number;
  /** Versions whose events have expired. */
  unattested: number;
}

/** How far a walk is: what it is doing as a phrase, and of how much; `total` 0 where that is not known. */
export interface VerificationProgress {
  step: string;
  done: number;
  total: number;
}

/** What a walk leaves. */
interface Walked extends Pick<VerificationReport, 'events' | 'notices' | 'records'> {
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt: number;
  register: RegisterCheck;
  findings: Findings;
}

/** @returns the report of a walk that is over */
export function verificationReport(walked: Walked): VerificationReport {
  const { startedAt, endedAt, register, findings, events, notices, records } = walked;
  const { from, last, verified } = register;
  const chains = [...register.chains.values()];
  const ended = (kind: string) => chains.filter((chain) => chain.ended?.kind === kind).length;
  return {
    outcome: findings.total === 0 ? 'intact' : 'not-intact',
    verifiedAt: new Date(startedAt).toISOString(),
    seconds: (endedAt - startedAt) / 1000,
    checkpoints: {
      verified,
      ...(last === undefined ? {} : { first: from, last: last.number, lastDigest: last.digest }),
    },
    events,
    chains: {
      open: chains.filter((chain) => chain.ended === undefined).length,
      closed: ended('closed'),
      abandoned: ended('abandoned'),
    },
    ...(records === undefined ? {} : { records }),
    notices,
    counts: findings.counts(),
    findings: findings.listed,
  };
}
