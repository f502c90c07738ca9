import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommandContext, CouldNotRun } from '../command-context.js';

/** The options of every command that speaks to the service over HTTP. */
export interface ServiceOptions {
  readonly url?: string;
  readonly tokenFile?: string;
  readonly token?: string;
  readonly allowPlainHttp?: boolean;
}

export const tokenHelp = `
Access token, the first that is there of:
  --token-file FILE   a file that only you can read
  --token TOKEN       visible to every user of this machine in its list of processes, and kept in the shell's
                      history: for throw-away tokens only
  PHI_TOKEN           environment variable`;

/** Adds `--url`, `--token-file`, `--token` and `--allow-plain-http`. */
export function addServiceOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the service (or PHI_URL; default: http://127.0.0.1:3000)')
    .option('--token-file <file>', 'file that holds the access token')
    .option('--token <token>', 'access token; visible to other users of this machine, see below')
    .option('--allow-plain-http', 'send to another machine without TLS; anyone on the way can read it');
}

/**
 * @returns the service's address, checked: safe to print
 * @throws CouldNotRun if it holds a password, or leads over the network in clear text. It is not repeated then, and
 *   not checked by commander, which would
 */
export function serviceUrl(options: ServiceOptions, context: CommandContext): URL {
  const text = options.url ?? context.config.url;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CouldNotRun('the address of the service must be an http: or https: address');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CouldNotRun('the address of the service takes no user, password, query or fragment');
  }
  // 45 CFR 164.312(e)(1), transmission security: patient data crosses a network under TLS or not at all.
  if (url.protocol === 'http:' && !isThisMachine(url.hostname) && options.allowPlainHttp !== true) {
    throw new CouldNotRun('http: is for this machine only: use https:, or --allow-plain-http');
  }
  return url;
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * @returns the access token; never printed
 * @throws CouldNotRun if there is none, or what is there is no bearer token
 */
export async function accessToken(options: ServiceOptions, context: CommandContext): Promise<string> {
  if (options.tokenFile !== undefined && options.token !== undefined) {
    throw new CouldNotRun('give --token-file or --token, not both');
  }
  const text =
    options.tokenFile === undefined
      ? (options.token ?? context.config.token)
      : await readTokenFile(options.tokenFile);
  if (text === undefined) {
    throw new CouldNotRun('an access token is needed: --token-file FILE, or PHI_TOKEN in the environment');
  }
  const token = text.trim();
  // RFC 6750, section 2.1, b64token. Anything else would break the header, or be another file by mistake.
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token) || token.length > 16_384) {
    throw new CouldNotRun('the access token is not one: it holds characters that no bearer token has');
  }
  return token;
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CouldNotRun(
      `the token file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
}
