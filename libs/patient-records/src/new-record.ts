import type { ClinicalRecord } from './patient.js';
import type { Screened } from './patients.js';

/** A record to be made, under an id of ours or of the client's. */
export interface NewRecord extends Screened<ClinicalRecord> {
  id: string;
}
