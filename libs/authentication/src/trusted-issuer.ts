import type { TrustedIssuerSettings } from '@app/configuration';
import type { IssuerKeys } from './issuer-keys.js';

/** An issuer whose tokens are taken, what they must say to be meant for us, and where its keys are. */
export interface TrustedIssuer extends TrustedIssuerSettings {
  keys: IssuerKeys;
}
