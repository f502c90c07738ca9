import { wordList } from './word-list.js';

/**
 * English and clinical words that are seen with a capital (at the head of a sentence, in a heading, in the name of a drug or
 * a test). None of them is a person's name by itself; beside a first name some are family names ("Mary White").
 */
export const everydayWords = () =>
  wordList(`
  a about above abnormal abdomen abdominal absence accepted access account active activity acute additional address adjust administer
  administration admission admit admitted adult advanced advice advise advised affect after afternoon again against age agreement
  agreements aid aim airway alcohol alert all allergic allergies allergy also alternative although always am ambulatory american among an
  analysis and anemia another anterior antibiotic anticoagulation any anxiety appearance appears applied apply appointment appropriate
  approved april are area around arrival art arterial artery as asian ask aspect assess assessed assessment assist associated asthma at atrial
  attending august authorization autumn available average avoid away axis back background balance bank base baseline basic be because
  bed bedtime been before begin behavior behavioral below benefit benefits best better between bilateral bill billing biopsy birth black bladder
  blood blue board body bone both bowel box brain branch breast breath breathing brief bring bronchial building but by calcium call called
  caller can cancer candidate cannot capillary car card cardiac cardiology cardiovascular care careful caregiver carotid case cash cataract
  caucasian cause cell center central cerebral certificate certified cervical change changes chart chase check checked chemistry chest chief
  child childhood children chin choice chronic circle city claim clarify class classification clay clear clearance clerk clinic clinical
  clinician close cloudy code cognitive cold colon colonoscopy coloring color come comfort comment comments common communication community
  comparative compare compared comparison complaint complaints complete completed complication complications compression concern concerned
  concerning concerns condition conditions confirm confirmed consent consider consideration considering constitutional consult consultation
  consulted contact continue continued continuing contraindication contraindications contrast control copy core coronary corporate correct
  cough could counsel counseling country county couple course cover covid cream crystal current currently daily dad dad's data date daughter
  dawn day days dean deal dear death decision decrease deep default deficit delivery dementia denied denies dental department depression
  dermatology describe description detail details determine developed development device diabetes diabetic diagnosed diagnosis diagnostic
  did diet dietary difference differential difficulty digestive digital director disability disc discharge discharged discuss discussed
  discussion disease disorder disposition distal distress do does domestic dominant dosage dose doses dosing doctor down downtown drive drug
  drugs dry due duration during each ear early ears east easter eastern eating ed edema education effect effective effectiveness effects
  efficacy eight eighth either elbow elderly elective electronic electronically elevated eleven email emergency emotional employee employer
  enclosed encounter end endocrine endorse endorses endoscopy english enrolled ensure enter entire entry environment epidural epilepsy
  error esophageal esq ethnicity etiology evaluate evaluated evaluation evening every evidence exam examination examined example exercise
  exertional existing expected experience explain extension external extremities extremity eye eyes face facility factor factors faculty
  failed failure fair faith fall family farm fasting father fatigue fax february federal feels feet fellow female femoral fetal fever few
  field fifth file final finance finances financial find finding findings finger first five flat flowers floor flu fluid fluids fly focal
  focus follow followed following followup food foot for forearm form former found four fourth frank free frequency friday friend from front
  full function functional further future gait gall game gas gastric gastroenterology gastrointestinal gave gender gene general generalized
  generally genetic genetics genitourinary german gestational get ginger girl give given glad glucose go goal goals good grace grade gradual
  grand grandfather grandmother grant gray great green group growth guardian guidance guide guideline guidelines guy gynecology had hair hand
  handed handling hands happy hard harmony has have having he head headache headaches health healthcare healthy hearing heart heat heath height
  hello help hematology hepatic hepatitis her here hereditary hernia hi high higher highest him hip his hispanic historical history holiday
  holly home homecare hope horizontal hospice hospital hospitalization hospitalized hot hour hours house how however human hunter husband
  hygiene hypertension hypertensive i icu identification identified identifier identify identity if iliac image images imaging immediate
  immediately immune immunization immunizations immunology impact impression improve improved improvement in inc incision include included
  includes including income increase increased independent index indian indicated indication indications individual infant infection infectious
  inferior inflammation influenza inform information informed initial initially injection injury inpatient inspection instructed instruction
  instructions insulin insurance intact intake integumentary intensive interaction interactions interest interim intermittent internal
  international interpretation interpreter interval intervention into intravenous introduction investigation iron irregular is island issue
  issues it item its january jaw joint joints joy judgment july june just juvenile keep kidney kind knee known lab label laboratory labs
  laceration lake lady land lane language large last late lateral latest law lead leads learn left leg legal legs length less let letter
  level levels library license life light like likely likes line list lists little live lived liver lives living loc local location long look
  loss lot love low lower lumbar lung lungs lymph lymphatic made magnetic mail main major make male man manage managed management manager
  mandatory manual march margin mark marine marines corps gulf rocky marked market married mass master maternal may me meals mean means measure measured measurement
  measurements medical medicare medicaid medication medications medicine member membranes memory men mental message met method middle
  midnight might mild miles military mind mini minor minute minutes miss missing mister misty moderate modified molly mom monday monitor
  monitored monitoring month months more morning most mother mouth move movement much mucous multi multiple muscle muscles musculoskeletal
  must my name narrative nasal national nature near neck need needed needs negative neonatal nephrology nerve nerves neuro neurologic
  neurological neurology neuropathy neurosurgery never new newborn newly next night nine no nodule non none noon nor normal north northeast
  northern northwest nose not note noted notes nothing notice notify november now number numbness nurse nursing nutrition objective
  observation observed obstetric obstetrics occasional occupation occupational october of off office officer often oil okay old oncology one
  ongoing only onset open operation operative ophthalmology opinion option options or oral orange order ordered orders organ origin
  orthopedic orthopedics other others our out outcome outcomes outpatient outside ovarian over overall overnight own oxygen page pain
  palliative palpation panel pancreatic parent parents park part partial partner past patch path pathology patience patient patients pattern
  payment peace pearl pediatric pediatrics pelvic pelvis penalty pending penny people per percent percussion performed period peripheral person
  personal phase phone physical physician physicians place plan planned plans please point policy poor portal position positive possible post
  posterior postoperative potassium potential practice practitioner pre precautions precision predictors pregnancy pregnant preliminary
  prep preparation prepared prescribed prescriber prescription prescriptions present presentation presented presenting presents president
  pressure prevention previous previously primary principal prior private probable problem problems procedure procedures process product
  professional profile prognosis prognostic program progress progressive promise prophylaxis prostate protein protocol protocols proven
  provide provided provider providers proximal psychiatric psychiatry psychology psychosocial public pulmonary pulse pupils purpose quality
  queen query question questions quick quit race radiology range rapid rare rash rate rate re reaction reactions read reading ready real reason
  reasoning rec received recent recently recheck recommend recommendation recommendations recommended reconciliation record records
  recovery recurrent red reduce redness refer reference referral referred refill refills reflex reg regarding regards region register
  registration regular rehab rehabilitation relationship release relevant reliable religion remain remains remarks renal repeat replacement
  reply report reported reporting reports request requested required research resident residence respiration respirations respiratory
  response responsible rest result results return reveals review reviewed revised rex rhythm rib rich ride right rigid risk risks river robin
  robot rock room rose rosy rotator routine ruby rule rules run rural rusty sacral safe safety sage saint same sample sandy saturday saw say
  says scale scan schedule scheduled school science score scores screen screening search season second secondary section see seen select self
  send sensation senior sensitive sensory sent september series serious serum service services session set seven several severe sex sexual
  she shield short shortness should shoulder show showed shows sick side sign signature signed significant signs similar simple since single
  sinus sir sister site six size skin sleep slight slow small smart smoker smoking snow so social sodium soft solution some son soon source
  south southeast southern southwest spanish speak special specialist specialty specific specimen speech spinal spine spoke spouse spring
  stable staff stage standard start started starting state stated statement states station status statutory stay steady step steps sterling
  still stomach stone stool stop storm stormy strategies strategy street strength stress stressors strong student study subject subjective
  subscriber substance such sudden suggest suggested suite summary summer sunday sunny supervisor supplement supply support supportive surface
  surgeon surgery surgical survey survival suspected swelling symptom symptoms syncope system systemic systems systolic tablet tablets take taken
  taking target team technique technologist telephone temp temperature temporal ten tender tendon term test tested testing tests thank
  thanks that the their them then therapeutic therapy there therefore these they thigh third this thoracic those though three throat
  through thumb thursday thyroid tibial tie time times tissue title to tobacco today together told tomorrow tone total touch towards toxicity
  town tracking trans transfer transfusion trauma treat treated treating treatment treatments trial triage trip true try tuesday tumor
  turn twice twin two type types ultrasound uncle under understanding unit united university unknown unless unremarkable until unusual up
  update updated upon upper urban urgent urinary urine urology us use used user uses using usual uterine vaccination vaccine vaccines vaginal
  valley value values valve variant various vascular vein venous verified versus very veteran veterans view vision visit visits visual
  vital vitals vitamin voice volume wait walk walks wall want ward warm was watch water wave way we weak weakness wear wednesday week weekly
  weeks weight welcome well wells were west western what wheezing when where which while white who whole whom whose why wide widow wife will
  window winter with within without witness woman women word work worker working workup world worse worsening worst would wound wrist write x
  year years yellow yes yesterday yet you young younger your zip zone
  abilify accutane actos adderall advair advil albuterol alendronate aleve allegra allopurinol alprazolam ambien amiodarone amitriptyline
  amlodipine amoxicillin apixaban aricept aspirin atenolol ativan atorvastatin atrovent augmentin avastin azithromycin bactrim benadryl benicar
  botox brilinta bumex bupropion buspar buspirone bystolic cardizem carvedilol celebrex celexa cephalexin cetirizine chantix cialis cipro
  ciprofloxacin citalopram claritin clonazepam clopidogrel clozapine coreg coumadin cozaar crestor cymbalta dapsone depakote dexamethasone
  diazepam diclofenac digoxin dilantin dilaudid diltiazem diovan donepezil doxycycline duloxetine dupixent effexor eliquis enalapril enbrel
  enoxaparin entresto epipen escitalopram esomeprazole estradiol famotidine farxiga fentanyl ferrous finasteride flexeril flomax flonase fluconazole
  fluoxetine fluticasone folate folic fosamax furosemide gabapentin glargine glipizide glucophage glyburide haldol haloperidol heparin humalog
  humira humulin hydralazine hydrochlorothiazide hydrocodone hydrocortisone hydroxychloroquine hydroxyzine ibuprofen imdur imitrex imodium
  invokana ivermectin januvia jardiance keflex keppra ketamine ketorolac klonopin lamictal lamotrigine lantus lasix latuda levaquin
  levemir levetiracetam levofloxacin levothyroxine lexapro lidocaine linzess lipitor lisinopril lithium loratadine lorazepam losartan lotensin
  lovenox lunesta lyrica meloxicam metformin methadone methotrexate methylprednisolone metoprolol metronidazole mirtazapine mobic montelukast
  morphine motrin mounjaro mucinex naloxone naltrexone naproxen narcan neurontin nexium nifedipine nitroglycerin norco norvasc novolog omeprazole
  ondansetron oxycodone oxycontin ozempic pantoprazole paroxetine paxil paxlovid pepcid percocet plaquenil plavix pravastatin prednisone premarin
  prevacid prilosec prinivil prolia propranolol protonix provera prozac pulmicort quetiapine ramipril ranitidine reglan remeron remicade repatha
  restoril risperdal risperidone ritalin rituxan rivaroxaban robitussin rosuvastatin senna seroquel sertraline sildenafil simvastatin singulair
  spiriva spironolactone stelara sudafed suboxone symbicort synthroid tamiflu tamsulosin tegretol tizanidine topamax topiramate toprol toradol
  tramadol trazodone trulicity tylenol ultram valacyclovir valium valsartan vancomycin venlafaxine ventolin verapamil versed viagra vicodin
  victoza voltaren vyvanse warfarin wegovy wellbutrin xanax xarelto zantac zebra zestril zetia zithromax zocor zofran zoloft zolpidem zosyn zyprexa
  zyrtec afrezza angela_s augmentin basaglar biktarvy botulinum dulcolax emgality entyvio eucerin gardasil genvoya keytruda lialda lovaza
  miralax mirena nexplanon opdivo orencia otezla pfizer moderna novavax prevnar shingrix rinvoq rybelsus skyrizi taltz tresiba xolair
  midwife intern chaplain coroner deputy trooper coach aide tech scribe examiner foreman teacher sheriff superintendent lieutenant admitting triage baron prince earl
  breakfast lunch dinner meal mealtime baseline rest exertion school church
  ace aids als bmi bph bpm bun cad ccu cdc cbc chf cmp cns copd covid cpap cpr ct cta cva dka dnr dob dvt ecg echo ecmo eeg egd ekg emg emr
  ems ent er esr esrd fda gcs gerd gfr gi gu gyn hdl heent hiv hpi hr hrt htn ibd ibs icd icp icu id im inr ip iud iv ivf ldl lft lvef mi mmr mri
  mrsa ms msw ncaa nicu nkda nos npi nsaid nsaids nyha ob or ot pa pap pcp pcr pe perrla picc plt pmh pna po pr prn psa pt ptsd pvc ra rbc ros rr rsv sa
  sle snf soap sob stat std stemi sti tb tbi tia tpa tsh uri us uti vs vte wbc yo yom yof
`);

/** Months in full and short, in the order of the year; `may` and `march` are words as well. */
export const months: ReadonlyMap<string, number> = new Map(
  [
    'january jan',
    'february feb febr',
    'march mar',
    'april apr',
    'may',
    'june jun',
    'july jul',
    'august aug',
    'september sept sep',
    'october oct',
    'november nov',
    'december dec',
  ].flatMap((names, index) => names.split(' ').map((name): [string, number] => [name, index + 1])),
);
