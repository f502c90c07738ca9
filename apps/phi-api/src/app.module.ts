import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthenticationGuard } from '@app/authentication';
import { AuthorizationGuard } from '@app/authorization';
import { type Log } from '@app/observability';
import { type Platform } from '@app/platform';
import { ProblemDetailsFilter, RefusalRecorder } from '@app/problem-details';
import { AuditRefusalRecorder } from './audit/audit.refusal-recorder.js';
import { AuditUpkeep } from './audit/audit-upkeep.js';
import { AuditController } from './audit/audit.controller.js';
import { DisclosuresController } from './audit/disclosures.controller.js';
import { EmergencyReviewsController } from './audit/emergency-reviews.controller.js';
import { LoginGuard } from './audit/login.guard.js';
import { HealthController } from './health/health.controller.js';
import { Lifecycle } from './health/lifecycle.js';
import { Admission } from './http/admission.js';
import { Cursors } from './http/cursors.js';
import { IdempotentRequest } from './http/idempotency-key.js';
import { InputPipe } from './http/input.js';
import { EmergencyLimitGuard, RateLimitGuard } from './http/rate-limit.guard.js';
import { RateLimits } from './http/rate-limits.js';
import { TlsRenewal } from './http/tls-renewal.js';
import { ParametersRefresh } from './parameters-refresh.js';
import { LOG } from './log.js';
import { EmergencyAlarm } from './metrics/emergency-alarm.js';
import { MassReads } from './metrics/mass-reads.js';
import { MetricsPublisher } from './metrics/metrics-publisher.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { CareTeamController } from './patients/care-team.controller.js';
import { EmergencyAccessController } from './patients/emergency-access.controller.js';
import { ErasureController } from './patients/erasure.controller.js';
import { ErasureUpkeep } from './patients/erasure-upkeep.js';
import { PatientsController } from './patients/patients.controller.js';
import { PLATFORM, platformProviders } from './platform.providers.js';
import { PiiController } from './pii/pii.controller.js';
import { RecordsController } from './records/records.controller.js';

/** The way of every request, in the order in which Nest runs it. */
const pipeline = [
  // Admission: room for one more? not too often from this address?                 503, 429
  { provide: APP_GUARD, useClass: AuthenticationGuard }, // who are you?               401
  { provide: APP_GUARD, useClass: RateLimitGuard }, // not too often                   429
  { provide: APP_GUARD, useClass: LoginGuard }, // the first use of a token leaves an event
  { provide: APP_GUARD, useClass: AuthorizationGuard }, // may you?                    403
  // @ScreenedBody(): PiiScreeningInterceptor, well formed? identifiers in text?       400, 422, 503
  { provide: APP_PIPE, useClass: InputPipe }, // nothing unvalidated reaches a handler 400
  // controllers -> patient-records: reach (404), state (410, 412, 409), encryption, one transaction with the event
  { provide: APP_FILTER, useClass: ProblemDetailsFilter }, // every refusal and error: recorded, then problem+json
  { provide: RefusalRecorder, useClass: AuditRefusalRecorder },
];

@Module({})
export class AppModule implements OnApplicationShutdown {
  /** @param platform opens the ports; it is not called in preview mode, when only the routes are looked at */
  static forRoot(configuration: DynamicModule, log: Log, platform: () => Promise<Platform>): DynamicModule {
    return {
      module: AppModule,
      imports: [configuration],
      controllers: [
        PatientsController,
        ErasureController,
        CareTeamController,
        EmergencyAccessController,
        RecordsController,
        PiiController,
        AuditController,
        DisclosuresController,
        EmergencyReviewsController,
        HealthController,
      ],
      providers: [
        ...pipeline,
        { provide: LOG, useValue: log },
        { provide: PLATFORM, useFactory: platform },
        ...platformProviders,
        Admission,
        RateLimits,
        Cursors,
        EmergencyLimitGuard,
        IdempotentRequest,
        Lifecycle,
        AuditUpkeep,
        ErasureUpkeep,
        TlsRenewal,
        ParametersRefresh,
        RequestMetrics,
        MassReads,
        MetricsPublisher,
        EmergencyAlarm,
      ],
    };
  }

  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Runs after the last answer has left. */
  async onApplicationShutdown(): Promise<void> {
    await this.platform.close();
  }
}
