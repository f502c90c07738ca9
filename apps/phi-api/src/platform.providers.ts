import type { InjectionToken, Provider } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { AuditTrail } from '@app/audit';
import { TokenVerifier } from '@app/authentication';
import { type PhiConfig } from '@app/configuration';
import { CursorCipher, KeyedHash } from '@app/encryption';
import {
  CareTeams,
  ClinicalRecords,
  PatientDirectory,
  PatientExport,
  openPatientRecords,
  Patients,
} from '@app/patient-records';
import { PhiTable } from '@app/phi-table';
import { PiiScreener, storedNotesPolicy } from '@app/pii-screening';
import { type Platform } from '@app/platform';

/** Injection token of the opened ports. */
export const PLATFORM = Symbol('platform');
const RECORDS = Symbol('patient records');

type Records = ReturnType<typeof openPatientRecords>;
const ofPlatform = (provide: InjectionToken, pick: (platform: Platform) => unknown): Provider => ({
  provide,
  useFactory: pick,
  inject: [PLATFORM],
});
const ofRecords = (provide: InjectionToken, pick: (records: Records) => unknown): Provider => ({
  provide,
  useFactory: pick,
  inject: [RECORDS],
});

/** What the controllers are given, made of the opened ports. */
export const platformProviders: Provider[] = [
  ofPlatform(PhiTable, ({ table }) => table),
  ofPlatform(AuditTrail, ({ audit }) => audit),
  ofPlatform(TokenVerifier, ({ tokenVerifier }) => tokenVerifier),
  ofPlatform(CursorCipher, ({ cursorCipher }) => cursorCipher),
  ofPlatform(KeyedHash, ({ requestHash }) => requestHash),
  ofPlatform(PiiScreener, ({ detector }) => new PiiScreener(detector, storedNotesPolicy)),
  {
    provide: RECORDS,
    inject: [PLATFORM, ConfigService],
    useFactory: (platform: Platform, config: ConfigService<PhiConfig, true>) =>
      openPatientRecords(platform, config.get('PHI_SHARED_IDENTIFIER_SYSTEMS', { infer: true })),
  },
  ofRecords(Patients, ({ patients }) => patients),
  ofRecords(PatientDirectory, ({ directory }) => directory),
  ofRecords(PatientExport, ({ exports }) => exports),
  ofRecords(CareTeams, ({ careTeams }) => careTeams),
  ofRecords(ClinicalRecords, ({ records }) => records),
];
