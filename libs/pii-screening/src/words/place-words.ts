import { wordList } from './word-list.js';
import { facilityNouns, facilityTails } from './place-names.js';

const words = (list: string) => new Set(wordList(list));

export function isFacilityWord(lower: string): boolean {
  return facilityNouns.has(lower) || facilityTails.has(lower) || facilityFollowers.has(lower);
}

const facilityFollowers = words(
  'system systems network services service hospitals clinics department dept building tower wing unit partners care cancer children foundation trust west east north south',
);

/** Words that stand before a facility's name, or begin a sentence, and are not part of it. */
export const neverInFacilityNames = words(`
  the a an at in from our to contact call visit seen admitted transferred discharged per via patient patients pt follow followup by with and or for is was if when
  please see primary dr mr ms mrs miss attending current former previous local nearest outside your their his her my this that no any each every
  follow-up walk-in in-patient out-patient all both other another
`);

export const facilityConnectors = words('of and the for de la del');

/** Everyday words that name a facility well enough. */
export const namingWords = words(`
  downtown central mercy river valley good grace hope north south east west northern southern eastern western northeast northwest southeast southwest
  university national memorial county city veterans holy sacred samaritan summit lake lakeside park hill hills spring springs green bay harbor
  mount mountain oak elm cedar maple pine willow bridge sunrise sunset star united american baptist methodist lutheran presbyterian
  bishop christ trinity island coast coastal ocean pacific atlantic midtown uptown metro metropolitan tri-county
  providence liberty freedom heritage legacy evergreen meadow prairie desert canyon ridge crest st saint mt ft san santa los las
`);

/** Kinds of medicine and of places in a hospital: alone they make no name. */
export const specialties = words(`
  cardiology cardiac heart vascular lung pulmonary sleep pain spine orthopedic orthopedics orthopaedic sports medicine surgery surgical
  dermatology skin eye ear nose throat ent dental oral oncology cancer breast infusion dialysis kidney renal nephrology urology liver gi
  gastroenterology endoscopy endocrine endocrinology diabetes diabetic lipid thyroid neurology neuro headache stroke memory epilepsy psychiatry psychiatric
  psychology behavioral mental wound hernia allergy asthma rheumatology arthritis hematology transfusion coumadin anticoagulation anticoag warfarin
  fertility prenatal maternity obstetrics ob gyn gynecology women's pediatric pediatrics newborn neonatal geriatric geriatrics family primary
  urgent emergency acute trauma burn intensive critical outpatient inpatient ambulatory day same walk-in community public rural mobile
  medical health healthcare care general clinical research diagnostic imaging radiology laboratory testing travel vaccine vaccination
  covid infectious disease std hiv hepatitis transplant bariatric weight nutrition physical occupational speech therapy rehab rehabilitation
  home nursing skilled assisted living adult senior hospice palliative long term free student employee occupational patient patients call
  contact poison control birth birthing school high middle elementary hand foot ankle hip knee shoulder joint balance voice hearing vision
  children's childrens teaching tertiary quaternary referral regional local district county state federal veterans affairs va private acute-care nearest
  academic trial data coordinating message command service services surgical post op post-op pre-op preop admission discharge department
  fracture device pacemaker icd arrhythmia failure hypertension tobacco cessation addiction detox methadone recovery rehabilitative foreign
  dept group practice associates office offices center centre clinic hospital the of and for st
`);

/** Abbreviations before a name. */
export const saints = words('st saint ste sta mt mount');
export const abbreviated = words('st ste sta mt ft u med hosp univ mem gen reg ctr');

/** What institutions publish. */
export const publications = words(
  'guideline guidelines recommendation recommendations protocols researchers research data study studies paper papers website publication experience group trials experts',
);

export const placePrepositions = words(
  'at in from to near of outside around via visiting to into toward within en',
);
export const visitPrepositions = words('at in from to near into');
export const beforeCities = words(
  'at in from near outside around downtown visiting our greater central north south east west into',
);

export const titles = words(
  'mr mrs ms miss mx dr drs doctor prof professor rev reverend sir madam pastor rabbi father sister capt captain sgt sergeant lt lieutenant col colonel maj officer judge sra señor senor señora senora mme',
);

/** Somebody lives, comes from or goes to the place. */
export const livingWords = words(`
  lives lived living live reside resides resided residing resident residence home moved moving relocated relocating born raised native originally grew hometown
  domiciled staying stays traveled travelled traveling travelling travels trip vacation vacationed immigrated emigrated flew drove commutes
`);

/** Somebody is seen, treated or kept there. */
export const visitWords = words(`
  seen treated admitted evaluated examined assessed diagnosed presented presenting presents visit visited visits hospitalized hospitalised followed
  reviewed performed operated surgery consulted consultation consult session sessions discharged discharge transferred transfer received referred attended
  attending checked check-up checkup appointment delivered care stay admission tx'd treatment treating managed undergoing underwent done dx'd dxd
  works worked employed employee enrolled enrolls attends studies teaches teacher biopsy report procedure scheduled booked follow-up
  observed monitored screened tested vaccinated scanned imaged rehabbed rehab recovering operated stented infused dialysis met ed er
`);

/** The sentence goes on after a place with one of these; other words may be the rest of a title ("Seattle biopsy protocol"). */
export const functionWords = words(
  'in on at for with and or who whose which that to from by of is was has had were are since until after before during as if but while where when because due last this the a an under',
);

/** Institutions are compared and quoted behind these, nobody is treated there. */
export const beforeAuthors = words('between vs versus than using modified revised original');

/** "Dearborn Heights", "Palm Desert": what a city's name can go on with. */
export const cityFollowers = words(
  'heights beach park hills grove springs falls city valley township junction lake shores village gardens ridge estates center bluff harbor haven',
);
