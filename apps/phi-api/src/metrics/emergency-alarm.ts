import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '@app/audit';
import { type Log } from '@app/observability';
import { LOG } from '../log.js';
import { MetricsPublisher } from './metrics-publisher.js';

/** Says at once that somebody broke the glass: people must hear of it while it lasts, not when the minute's figures are written. */
@Injectable()
export class EmergencyAlarm {
  constructor(
    @Inject(AuditTrail) trail: AuditTrail,
    @Inject(LOG) log: Log,
    // Given first, so that what is written now counts it.
    @Inject(MetricsPublisher) metrics: MetricsPublisher,
  ) {
    trail.observe((events) => {
      for (const { type, id, emergencyAccess } of events) {
        if (type !== 'emergency-access' || emergencyAccess?.step !== 'granted') continue;
        const { id: emergencyAccessId, expiresAt } = emergencyAccess;
        log.error({ critical: true, emergencyAccessId, eventId: id, expiresAt }, 'emergency access');
        metrics.publishNow();
      }
    });
  }
}
