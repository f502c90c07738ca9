import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { figure } from '../pictures/svg.js';
import { repositoryFolder } from '../lib/repository.js';
import { largest } from './design.js';
import { scalingPage } from './page.js';
import { stormPicture } from './picture.js';
import { simulate } from './results.js';

/** @returns texts of the files, by their path in the repository */
export function scalingDocuments(): Record<string, string> {
  const results = simulate();
  const title = `Decrypts a second after a restart: ${figure(largest.patients)} patients, ${figure(largest.requestsPerSecond)} requests/s, ${largest.tasks} instances`;
  return {
    'docs/scaling.md': scalingPage(results),
    'docs/scaling/restart.svg': stormPicture(results.storms, title),
  };
}

/** @returns paths of files that are not what would be written now */
export function staleAmong(documents: Record<string, string>): string[] {
  return Object.entries(documents)
    .filter(([path, text]) => {
      const file = join(repositoryFolder, path);
      return !existsSync(file) || readFileSync(file, 'utf8') !== text;
    })
    .map(([path]) => path);
}
