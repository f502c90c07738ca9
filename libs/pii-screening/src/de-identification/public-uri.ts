/** Who publishes terminologies, profiles and units: their addresses say nothing of a patient. */
const publicHosts = new Set(
  (
    'hl7.org loinc.org snomed.info unitsofmeasure.org nlm.nih.gov cdc.gov cms.gov fda.gov who.int ama-assn.org ada.org nucc.org nubc.org ' +
    'ncpdp.org ihe.net dicom.nema.org gs1.org w3.org'
  ).split(' '),
);

/** @returns whether a URI belongs to a publisher of terminologies, or is an OID */
export function isPublicUri(uri: string): boolean {
  if (/^urn:(?:oid|ietf|iso):[A-Za-z0-9.:_-]+$/.test(uri)) return true;
  const host = /^https?:\/\/([A-Za-z0-9.-]{1,253})(?=[/#|]|$)[^?\s]*$/.exec(uri)?.[1]?.toLowerCase() ?? '';
  const labels = host.split('.');
  return labels.some((_, at) => publicHosts.has(labels.slice(at).join('.')));
}
