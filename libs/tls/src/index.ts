export { selfSigned } from './self-signed.js';
export {
  checkedCertificate,
  secureContextOf,
  type TlsIdentity,
  TlsIdentityError,
  tlsPolicy,
} from './tls-identity.js';
export { openTlsSource, type TlsSettings, type TlsSource } from './tls-source.js';
