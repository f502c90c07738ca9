import type { DetectionScope } from './detection-scope.js';
import type { PiiFinding } from './pii-types.js';

/** What was found in the texts of one request. */
export interface Detection {
  /** One list for each text, in the order of the texts. */
  readonly findings: PiiFinding[][];
  /** A part of the detector was out of reach: what is stored on the strength of this must be screened again later. */
  readonly degraded: boolean;
}

/** Port: finds identifiers in text. The local detector is one, a model behind a network may be another. */
export abstract class PiiDetector {
  /**
   * @param scope what to look for; everything if it is left out
   * @returns findings in UTF-16 code units of `text`, end exclusive, not overlapping, in order
   */
  abstract detect(text: string, scope?: DetectionScope): Promise<PiiFinding[]>;

  /**
   * The same for the texts of one request. A detector that pays for every call may override it to send them together.
   * @returns one list of findings for each text, in the order of the texts
   */
  async detectAll(texts: readonly string[], scope?: DetectionScope): Promise<PiiFinding[][]> {
    const results: PiiFinding[][] = [];
    for (const text of texts) results.push(await this.detect(text, scope));
    return results;
  }

  /** As `detectAll`, and says whether the whole detector took part; one that can answer without a part overrides it. */
  async examine(texts: readonly string[], scope?: DetectionScope): Promise<Detection> {
    return { findings: await this.detectAll(texts, scope), degraded: false };
  }
}
