import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A built lib of the build that is measured. Its sources are not imported: they would be compiled over the build.
 * @param serviceEntry built entry point of the service, `dist/apps/phi-api/src/main.js`
 */
export const builtLib = async <Lib>(serviceEntry: string, name: string): Promise<Lib> =>
  (await import(
    pathToFileURL(resolve(dirname(serviceEntry), `../../../libs/${name}/src/index.js`)).href
  )) as Lib;
