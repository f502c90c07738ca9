import type { StoredPatient } from '../http/operations.js';

/** What the seeding process is asked: to store the patients with these serial numbers, or to close the data. */
export type SeedQuestion =
  | {
      build: string;
      /** Variables of the service whose data it is. The service must not run: both would seal one trail. */
      environment: Record<string, string>;
      firstSerial: number;
      count: number;
      /** One patient of so many gets records. */
      recordsEveryPatients: number;
      recordsEach: number;
    }
  | 'close';

export interface SeedAnswer {
  patients: StoredPatient[];
}
