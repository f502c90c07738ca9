export { ConfigurationError } from './variables.js';
export { fixedConfiguration, loadConfiguration } from './phi-config.module.js';
export { envExample, isLoopback, type PhiConfig } from './phi.config.js';
export {
  ParameterChanged,
  ParameterSource,
  LocalParameterSource,
  type ParameterName,
} from './parameter-source.js';
export { fhirResourceTypes, recordTypes } from './record-types.js';
export { openSecretFile, SecretFileError, syncFolder } from './secret-file.js';
