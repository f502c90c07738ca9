import type { PiiFinding } from './pii-types.js';

/** Port: finds identifiers in text. The local detector is one, a model behind a network may be another. */
export abstract class PiiDetector {
  /** @returns findings in UTF-16 code units of `text`, end exclusive, not overlapping, in order */
  abstract detect(text: string): Promise<PiiFinding[]>;

  /**
   * The same for the texts of one request. A detector that pays for every call may override it to send them together.
   * @returns one list of findings for each text, in the order of the texts
   */
  async detectAll(texts: readonly string[]): Promise<PiiFinding[][]> {
    const results: PiiFinding[][] = [];
    for (const text of texts) results.push(await this.detect(text));
    return results;
  }
}
