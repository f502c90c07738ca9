import type { InjectionToken, Provider } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { AuditReader, AuditTrail, CheckpointLog, CheckpointSigner } from '@app/audit';
import { TokenVerifier } from '@app/authentication';
import { type PhiConfig } from '@app/configuration';
import { CursorCipher, KeyedHash } from '@app/encryption';
import {
  CareTeams,
  ClinicalRecords,
  EmergencyAccesses,
  EmergencyReviews,
  Erasure,
  PatientDirectory,
  PatientExport,
  openPatientRecords,
  Patients,
} from '@app/patient-records';
import { PhiTable } from '@app/phi-table';
import { PiiDetector, PiiScreener, readScreeningPolicies, type ScreeningPolicies } from '@app/pii-screening';
import { type Platform } from '@app/platform';

/** Injection token of the policies of text screening, by purpose. */
export const SCREENING_POLICIES = Symbol('screening policies');
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
  ofPlatform(AuditReader, ({ table }) => new AuditReader(table)),
  ofPlatform(CheckpointLog, ({ checkpoints }) => checkpoints),
  ofPlatform(CheckpointSigner, ({ checkpointSigner }) => checkpointSigner),
  ofPlatform(TokenVerifier, ({ tokenVerifier }) => tokenVerifier),
  ofPlatform(CursorCipher, ({ cursorCipher }) => cursorCipher),
  ofPlatform(KeyedHash, ({ requestHash }) => requestHash),
  ofPlatform(PiiDetector, ({ detector }) => detector),
  {
    provide: SCREENING_POLICIES,
    inject: [ConfigService],
    useFactory: (config: ConfigService<PhiConfig, true>) =>
      readScreeningPolicies(config.get('PHI_SCREENING_POLICIES', { infer: true })),
  },
  {
    provide: PiiScreener,
    inject: [PiiDetector, SCREENING_POLICIES],
    useFactory: (detector: PiiDetector, policies: ScreeningPolicies) =>
      new PiiScreener(detector, policies['stored-notes']),
  },
  {
    provide: RECORDS,
    inject: [PLATFORM, ConfigService],
    useFactory: (platform: Platform, config: ConfigService<PhiConfig, true>) =>
      openPatientRecords(
        platform,
        config.get('PHI_SHARED_IDENTIFIER_SYSTEMS', { infer: true }),
        {
          keyCacheTtlSeconds: config.get('PHI_KEY_CACHE_TTL_SECONDS', { infer: true }),
          keyStoreBackupDays: config.get('PHI_KEY_STORE_BACKUP_DAYS', { infer: true }),
        },
        {
          careTeamRequired: config.get('PHI_CARE_TEAM_REQUIRED', { infer: true }) === 'true',
          emergencyAccessMinutes: config.get('PHI_EMERGENCY_ACCESS_MINUTES', { infer: true }),
        },
      ),
  },
  ofRecords(Patients, ({ patients }) => patients),
  ofRecords(PatientDirectory, ({ directory }) => directory),
  ofRecords(PatientExport, ({ exports }) => exports),
  ofRecords(CareTeams, ({ careTeams }) => careTeams),
  ofRecords(ClinicalRecords, ({ records }) => records),
  ofRecords(Erasure, ({ erasure }) => erasure),
  ofRecords(EmergencyAccesses, ({ emergencyAccesses }) => emergencyAccesses),
  ofRecords(EmergencyReviews, ({ emergencyReviews }) => emergencyReviews),
];
