/** What tags are called and what they say, in the spellings that people use. Compared without case, spaces and punctuation. */

export const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** A name within a namespace counts by its last part: `acme:DataClassification`, `security/phi`. */
export const nameOfTag = (key: string): string => letters(key.slice(key.search(/[^:/]*$/)));

/** Says yes or no. */
export const phiKeys = new Set([
  'phi',
  'ephi',
  'isphi',
  'hasphi',
  'holdsphi',
  'containsphi',
  'containsephi',
  'phidata',
  'protectedhealthinformation',
]);

/** Says a class. */
export const classKeys = new Set([
  'dataclassification',
  'dataclass',
  'classification',
  'datasensitivity',
  'informationclassification',
]);

/** Says where it belongs to. */
export const environmentKeys = new Set(['environment', 'env', 'stage']);

export const yes = new Set([
  'yes',
  'y',
  'true',
  't',
  '1',
  'on',
  'phi',
  'ephi',
  'contains',
  'containsphi',
  'high',
  // The tag alone, without a value.
  '',
]);
export const no = new Set([
  'no',
  'n',
  'false',
  'f',
  '0',
  'off',
  'none',
  'na',
  'never',
  'notapplicable',
  'nonphi',
  'notphi',
  'nophi',
]);

export const phiClasses = new Set(['phi', 'ephi', 'protectedhealthinformation', 'hipaa']);
/** Values of the tag policy, those of this project, and what says by itself that it is no PHI. */
export const otherClasses = new Set([
  'nonconfidential',
  'companyconfidential',
  'confidential',
  'pii',
  'audittrail',
  'public',
  'internal',
  'nonphi',
  'nophi',
  'notphi',
  'deidentified',
  'anonymized',
  'anonymous',
  'synthetic',
]);

/** Begins so: `prod`, `production`, `prod-eu`, `PRD`, `live`. */
export const productionPattern = /^(prod|prd|live)/;
