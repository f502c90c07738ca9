import { builtLib } from '../built-libs.js';
import type { Finding } from './pii-score.js';

/** What the bench uses of the built lib. */
export interface Detector {
  detectSync(text: string): readonly Finding[];
}

/** @param serviceEntry built entry point of the service */
export async function builtDetector(serviceEntry: string): Promise<Detector> {
  const { LocalPiiDetector } = await builtLib<{ LocalPiiDetector: new () => Detector }>(
    serviceEntry,
    'pii-screening',
  );
  return new LocalPiiDetector();
}
