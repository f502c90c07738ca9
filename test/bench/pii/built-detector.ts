import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding } from './pii-score.js';

/** What the bench uses of the built lib. Its sources are not imported: they would be compiled over the build. */
export interface Detector {
  detectSync(text: string): readonly Finding[];
}

/** @param serviceEntry built entry point of the service, `dist/apps/phi-api/src/main.js` */
export async function builtDetector(serviceEntry: string): Promise<Detector> {
  const file = resolve(dirname(serviceEntry), '../../../libs/pii-screening/src/index.js');
  const { LocalPiiDetector } = (await import(pathToFileURL(file).href)) as {
    LocalPiiDetector: new () => Detector;
  };
  return new LocalPiiDetector();
}
