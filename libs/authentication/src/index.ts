export { subjectToken, type Principal } from './principal.js';
export { TokenVerifier, JwtTokenVerifier } from './token-verifier.js';
export { DiscoveredKeys, GivenKeys } from './issuer-keys.js';
export { type TrustedIssuer } from './trusted-issuer.js';
export { RevokedTokens, type Revocation } from './revoked-tokens.js';
export { LocalIssuer } from './local-issuer.js';
export { AuthenticationGuard, Public, isPublic } from './authentication.guard.js';
