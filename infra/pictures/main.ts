import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../lib/repository.js';
import { exampleDashboards } from './dashboards.js';
import { picture } from './picture.js';

const folder = join(repositoryFolder, 'docs', 'dashboards');
mkdirSync(folder, { recursive: true });
for (const [name, definition] of Object.entries(exampleDashboards())) {
  writeFileSync(join(folder, `${name}.svg`), picture(definition));
  process.stdout.write(`docs/dashboards/${name}.svg\n`);
}
