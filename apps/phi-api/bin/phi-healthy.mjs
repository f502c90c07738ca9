#!/usr/bin/env node
/**
 * Exit code 0 while the service of this container answers. Without curl, which an image of little else than Node has not, and without
 * the service's own code, which would take longer to load than to ask. It asks the process alone (`/health/live`): whether the store
 * answers is the load balancer's question, and no reason to start the process anew.
 */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';

const withinMilliseconds = 3_000;

const {
  PHI_HOST: host = '127.0.0.1',
  PHI_PORT: port = '3000',
  PHI_TLS: tls = 'files',
  PHI_TLS_CERT: certificate = '',
} = process.env;
const secure = tls === 'files' ? certificate !== '' : tls !== 'none';
const everywhere = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const end = (code) => process.exit(code);
const get = secure ? getSecure : getPlain;
get(
  {
    host: everywhere[host] ?? host,
    port,
    path: '/health/live',
    timeout: withinMilliseconds,
    // It asks itself: whom the certificate names is of no matter here.
    rejectUnauthorized: false,
  },
  ({ statusCode }) => end(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => end(1))
  .on('error', () => end(1));
