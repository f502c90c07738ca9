import { type AuditTrail } from '@app/audit';
import { subjectToken } from '@app/authentication';
import { type RowSeal } from '@app/encryption';
import { ConditionFailed, type PhiItem, type PhiTable, type TableWrite } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import type { Caller } from './caller.js';
import { event } from './events.js';
import { needVersion, stillThere } from './head-writes.js';
import { keys } from './keys.js';
import { type PatientGate } from './patient-gate.js';
import { sealItem, verifySeal } from './sealed-item.js';

/** A member of a patient's care team (FHIR R4 CareTeam.participant). Staff, not patients: stored in clear, sealed. */
export interface CareTeamMember {
  issuer: string;
  subject: string;
  /** A word such as `physician`; the one who created the patient is `creator`. */
  role: string;
  period: { start: string; end?: string };
}

export interface CareTeam {
  version: number;
  members: CareTeamMember[];
}

/** A change may replace every member: as many deletes as puts, with head and event within one transaction. */
export const membersAtMost = 45;

interface CareTeamsParts {
  table: PhiTable;
  audit: AuditTrail;
  rowSeal: RowSeal;
  gate: PatientGate;
}

/** Who belongs to a patient's care team; `user/` scopes reach no other patients. */
export class CareTeams {
  constructor(private readonly parts: CareTeamsParts) {}

  /** @returns the writes that make the creator of a patient the first member of its team */
  firstMember({ principal }: Caller, patientId: string, now: string): TableWrite[] {
    const { issuer, subject } = principal;
    const member = { issuer, subject, role: 'creator', period: { start: now } };
    return [this.#putHead(patientId, 1), this.#putMember(patientId, member)];
  }

  async read(caller: Caller, patientId: string): Promise<CareTeam> {
    const { acting } = await this.parts.gate.enter(caller, patientId, 'Patient', 'r');
    const { team } = await this.#load(patientId);
    await this.parts.audit.append([event(acting(['Patient']), 'care-team-read', { patientId })]);
    return team;
  }

  /** @throws Problem `precondition-failed` if `expected` is not the team's version */
  async replace(
    caller: Caller,
    patientId: string,
    expected: number | '*',
    members: CareTeamMember[],
  ): Promise<CareTeam> {
    const { head: patient } = await this.parts.gate.enter(caller, patientId, 'Patient', 'u');
    const { team, rows } = await this.#load(patientId);
    needVersion(expected, team.version);
    const puts = members.map((member) => this.#putMember(patientId, member));
    const kept = new Set(puts.map((put) => put.item.sort));
    const gone = rows.filter((row) => row.sort !== keys.teamPrefix && !kept.has(row.sort));
    const head = this.#putHead(patientId, team.version + 1);
    const writes: TableWrite[] = [
      { ...head, condition: { type: 'equals', attribute: 'version', value: team.version } },
      stillThere(patient),
      ...puts,
      ...gone.map((row): TableWrite => ({ type: 'delete', key: keyOf(row) })),
    ];
    try {
      await this.parts.audit.transactWrite(writes, [
        event(caller, 'care-team-update', { patientId, count: members.length }),
      ]);
    } catch (error) {
      if (error instanceof ConditionFailed)
        throw new Problem(problemTypes.preconditionFailed, { cause: error });
      throw error;
    }
    return { version: team.version + 1, members };
  }

  async #load(patientId: string): Promise<{ team: CareTeam; rows: PhiItem[] }> {
    const { items } = await this.parts.table.query({
      table: 'records',
      partition: keys.patientPartition(patientId),
      prefix: keys.teamPrefix,
      limit: membersAtMost + 1,
    });
    const rows = items.map((item) => verifySeal(this.parts.rowSeal, item));
    const head = rows.find((row) => row.sort === keys.teamPrefix);
    // Every patient has a team row from its first moment: his erasure removed it since he was looked up, or somebody did.
    if (head === undefined) {
      const erased = await this.parts.gate.wasErased(patientId);
      throw new Problem(erased ? problemTypes.gone : problemTypes.integrityFailure);
    }
    const members = rows.filter((row) => row !== head).map(memberOf);
    return { team: { version: head.attributes['version'] as number, members }, rows };
  }

  #putHead(patientId: string, version: number) {
    const item = sealItem(this.parts.rowSeal, { ...keys.team(patientId), attributes: { version } });
    return { type: 'put', item } as const;
  }

  #putMember(patientId: string, { issuer, subject, role, period }: CareTeamMember) {
    const key = keys.teamMember(patientId, subjectToken({ issuer, subject }));
    const attributes: PhiItem['attributes'] = { issuer, subject, role, start: period.start };
    if (period.end !== undefined) attributes['end'] = period.end;
    return { type: 'put', item: sealItem(this.parts.rowSeal, { ...key, attributes }) } as const;
  }
}

const keyOf = ({ table, partition, sort }: PhiItem) => ({ table, partition, sort });

function memberOf({ attributes }: PhiItem): CareTeamMember {
  const { issuer, subject, role, start, end } = attributes as Record<string, string>;
  const period = { start: start as string, ...(end === undefined ? {} : { end }) };
  return { issuer: issuer as string, subject: subject as string, role: role as string, period };
}
