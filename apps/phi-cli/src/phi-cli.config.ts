/** What the command line takes from the environment; the service's own variables are in `@app/configuration`. */
export interface PhiCliConfig {
  /** Access token, `PHI_TOKEN`; a secret: never printed. */
  readonly token: string | undefined;
  /** Address of the service, `PHI_URL`. */
  readonly url: string;
  /** Folder of the embedded platform, `PHI_DATA_DIR`: the import namespace is kept there. */
  readonly dataFolder: string;
}

/** @returns the command line's settings; an empty variable counts as absent */
export function readPhiCliConfig(environment: NodeJS.ProcessEnv = process.env): PhiCliConfig {
  return {
    token: environment['PHI_TOKEN'] || undefined,
    url: environment['PHI_URL'] || 'http://127.0.0.1:3000',
    dataFolder: environment['PHI_DATA_DIR'] || '.data',
  };
}
