import { builtLib } from '../build-folder.js';
import type { Finding } from './pii-score.js';

/** What the bench uses of the built lib. */
export interface Detector {
  detectSync(text: string): readonly Finding[];
}

/** @param build folder of the build */
export async function builtDetector(build: string): Promise<Detector> {
  const { LocalPiiDetector } = await builtLib<{ LocalPiiDetector: new () => Detector }>(
    build,
    'pii-screening',
  );
  return new LocalPiiDetector();
}
