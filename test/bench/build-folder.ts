import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What `npm run build` leaves in `dist`: what is shipped, and the modules that it was put together from. */
export const serviceIn = (build: string) => join(build, 'bin/phi-api.mjs');

/** The service before it was bundled: its modules can be told apart, and replaced. */
export const unbundledServiceIn = (build: string) => join(build, 'apps/phi-api/src/main.js');

export const commandLineIn = (build: string) => join(build, 'bin/phi.mjs');

/** A built lib of the build that is measured. Its sources are not imported: they would be compiled over the build. */
export const builtLib = async <Lib>(build: string, name: string): Promise<Lib> =>
  (await import(pathToFileURL(join(build, 'libs', name, 'src/index.js')).href)) as Lib;
