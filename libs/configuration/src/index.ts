export { ConfigurationError } from './variables.js';
export { fixedConfiguration, loadConfiguration } from './phi-config.module.js';
export { envExample, type PhiConfig } from './phi.config.js';
export { isLoopback, speaksTls } from './tls-settings.js';
export { AwsRefusal, awsRefusal, awsRefusalBehind, type AwsRequest, deniedAction } from './aws-refusal.js';
export { openSsmParameterSource } from './open-ssm-parameter-source.js';
export {
  ParameterChanged,
  ParameterMissing,
  ParameterSource,
  LocalParameterSource,
  type ParameterName,
} from './parameter-source.js';
export { type TrustedIssuerSettings } from './trusted-issuers.js';
export { fhirResourceTypes, recordTypes } from './record-types.js';
export { openSecretFile, SecretFileError, syncFolder } from './secret-file.js';
