export { subjectToken, type Principal } from './principal.js';
export { TokenVerifier, JwtTokenVerifier } from './token-verifier.js';
export { LocalIssuer } from './local-issuer.js';
export { AuthenticationGuard, Public, isPublic } from './authentication.guard.js';
