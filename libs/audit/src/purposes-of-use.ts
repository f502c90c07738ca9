/**
 * What a purpose is under 45 CFR 164.501. Treatment, payment and health care operations are left out of an accounting of
 * disclosures (164.528(a)(1)(i)). `other` is whatever is not wholly inside these three by its HL7 definition: an accounting
 * that lists too much is right, one that lists too little is not.
 */
export type PurposeCategory = 'treatment' | 'payment' | 'operations' | 'other';

/** A purpose of use, in HL7's words. */
export interface PurposeOfUse {
  display: string;
  category: PurposeCategory;
}

const displays: Record<PurposeCategory, Record<string, string>> = {
  treatment: {
    TREAT: 'treatment',
    COC: 'coordination of care',
    ETREAT: 'Emergency Treatment',
    BTG: 'break the glass',
    ERTREAT: 'emergency room treatment',
  },
  payment: {
    HPAYMT: 'healthcare payment',
    CLMATTCH: 'claim attachment',
    COVAUTH: 'coverage authorization',
    COVERAGE: 'coverage under policy or program',
    ELIGDTRM: 'eligibility determination',
    ELIGVER: 'eligibility verification',
    ENROLLM: 'enrollment',
    REMITADV: 'remittance advice',
  },
  operations: {
    HOPERAT: 'healthcare operations',
    CAREMGT: 'care management',
    FRAUD: 'fraud',
    HACCRED: 'health accreditation',
    HDM: 'healthcare delivery management',
    HOUTCOMS: 'health outcome measure',
    HQUALIMP: 'health quality improvement',
    HSYSADMIN: 'health system administration',
    LABELING: 'labeling',
    METAMGT: 'metadata management',
    MEMADMIN: 'member administration',
    PATADMIN: 'patient administration',
    PATSFTY: 'patient safety',
    PERFMSR: 'performance measure',
    RECORDMGT: 'records management',
    SYSDEV: 'system development',
    HTEST: 'test health data',
    TRAIN: 'training',
  },
  other: {
    // Says nothing: the root of the value set.
    PurposeOfUse: 'purpose of use',
    // Needs an authorization (164.508), which is not known here.
    HMARKT: 'healthcare marketing',
    // Below healthcare operations in HL7, but permitted by clauses of 164.512 that are accounted for: (h) organs, (k)
    // government and military, (a) required by law, (g) decedents, (e) legal proceedings, (d) oversight of programs.
    DONAT: 'donation',
    GOV: 'government',
    MILCDM: 'military command',
    HCOMPL: 'health compliance',
    HDECD: 'decedent',
    HLEGAL: 'legal',
    HPRGRP: 'health program reporting',
    // 164.510(a): left out only where the patient could object, which is not known here.
    HDIRECT: 'directory',
    // Below payment in HL7; 164.512(k)(1).
    MILDCRG: 'military discharge',
    // Research (164.512(i)), trials among treatment too.
    HRESCH: 'healthcare research',
    BIORCH: 'biomedical research',
    CLINTRCH: 'clinical trial research',
    CLINTRCHNPC: 'clinical trial research without patient care',
    CLINTRCHPC: 'clinical trial research with patient care',
    PRECLINTRCH: 'preclinical trial research',
    DSRCH: 'disease specific healthcare research',
    POARCH: 'population origins or ancestry healthcare research',
    TRANSRCH: 'translational healthcare research',
    CLINTRL: 'clinical trial',
    // At the request of the patient, but to whom? An authorization would leave it out, and is not known here.
    PATRQT: 'patient requested',
    FAMRQT: 'family requested',
    PWATRNY: 'power of attorney',
    SUPNWK: 'support network',
    // 164.512(b) and (j).
    PUBHLTH: 'public health',
    DISASTER: 'disaster',
    THREAT: 'threat',
    // Care of a population, which is not treatment of an individual.
    POPHLTH: 'population health',
  },
};

/**
 * HL7 v3 PurposeOfUse by code, the whole value set.
 * @see http://terminology.hl7.org/ValueSet/v3-PurposeOfUse
 */
export const purposesOfUse: ReadonlyMap<string, PurposeOfUse> = new Map(
  Object.entries(displays).flatMap(([category, codes]) =>
    Object.entries(codes).map(([code, display]) => [
      code,
      { display, category: category as PurposeCategory },
    ]),
  ),
);
