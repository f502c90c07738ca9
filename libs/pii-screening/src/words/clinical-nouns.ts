import { wordList } from './word-list.js';

/**
 * What a disease, sign, score, device or method that is named after somebody is called. A capitalised word before one of
 * these names the thing, not a person ("Foley catheter", "Modified Duke Score", "Parkland formula").
 */
export const eponymNouns = new Set(
  wordList(`
  abscess act assessment agent agents algorithm anastomosis anemia aneurysm angina anomaly antigen apparatus approach arthritis arthropathy assay
  ataxia atrophy ballottement band bandage bodies body boot brace calculator calculators canal cannula carcinoma cardiomyopathy cast catheter
  catheters cell cells chart chorea chromosome cirrhosis clamp classification click closure collar contracture contraction contractions coombs corpuscle criteria
  criterion curve cuff cycle cyst deformity degeneration dementia diet disease diseases disorder dissociation diverticulum drain drops
  drape duct dystrophy effect encephalitis encephalopathy enteritis epilepsy equation erythema esophagus exam examination exercise exercises
  facies factor fascia fever fibroplasty field film fissure flap focus forceps formula fossa fracture fractures ganglion gangrene gait gland
  glands glomerulonephritis goiter grade grading graft granulomatosis groove guidewire harness hernia hook hump hypothesis immunotherapy
  incision index infection inhibition inventory jelly juncture keratosis killip law laws leukemia lichen ligament line lines lobe localization
  loop lymphoma macroglobulinemia malformation maneuver manoeuvre maneuvers manoeuvres melanoma metaplasia method mesh mnemonic model
  monofilament mottling murmur myopathy nail needle nephropathy nerve neuralgia neuroma neuropathy nevus node nodes nodule nodules nomogram
  operation orthosis osteotomy pad palsy pancreatitis paralysis paraplegia patch phenomenon phenotype plane plaques plexus point position
  posture pouch principle probability procedure prognostic prosthesis protocol pulse pump punch purpura questionnaire rale rating ratio reaction
  reagent reduction reflex reflexes regimen repair resection respiration respirations response retractor ring risk rods rule rules
  salute sarcoma scale scales scheme scissors scleritis sclerosis score scores scoring screw screws seizure septum shunt sign signs sling
  solution spasm speculum sphincter spine splint spot spots spondylitis stage stages staging stain status stenosis stent stethoscope stitch stone
  stones stratification striae stroke study suture sutures swab symptom symptoms syndrome syndromes system table tachycardia technique telescope
  tendon test tests tests therapy thrombosis thyroiditis tic tool transfer tremor triad trial triangle tube tubes tumor tumour tumors type
  ulcer ulcers urethritis uveitis valve vein view virus walker wave waves web whorl wires wrap zone
`),
);

/**
 * People whose names stand for diseases, signs, scores, organs, devices and medicines. Alone they are no patient.
 */
export const eponyms = () =>
  wordList(`
  abbott achilles adamkiewicz addison adson ahlback allen alport alzheimer alzheimers amsler angelman apgar apley aran asherman asperger
  aschoff babinski baker bankart barlow barr barrett barre barthel bartholin bartter batten baxter bazett beau beck becker bedside behcet
  beighton bell bence bennett berger bernard billroth binet bishop bland blalock blatchford blumberg blount boas boerhaave borg bouchard
  bourneville bowen bowman boston braden brandt braxton broca brodie brodmann brown brudzinski brugada bruton buck budd buerger bunsen burkitt caldwell
  calve caprini carnett caroli castleman chaddock chagas charcot cheyne chiari child chvostek churg claude cobb cockcroft codman colles
  conn cooper coombs courvoisier cowper creutzfeldt crigler crohn crohns croup cullen cushing dandy danis darier dequervain
  dercum dieulafoy dix doppler down downs dressler duchenne duke dukes dupuytren ebstein edwards ehlers eisenmenger epley epstein erb
  ewing fabry fallopian fallot fanconi felty finkelstein fisher fitz flint foley fontan fournier fowler frank framingham frenchay freiberg
  freund friedewald friedreich gallavardin galeazzi gardner garden gaucher geneva ghent ghon gilbert gitelman glasgow gleason goldblatt golgi gonda
  goodpasture gorlin gower gowers gram grave graves grey grocott guillain guyon haglund hallpike hamilton hampton hand hansen harrington
  harris hartmann hashimoto hashimotos hasford hawkins heberden heimlich heller henoch hering herring hess hickman hicks hirschsprung hodgkin
  hodgkins hoffman hoffmann holter homan homans horner hoover howell huntington huntingtons hunter hurler hurst hutchinson ishihara jackson
  jacksonian jacob jacobs janeway jefferson jobe johnson jones kallmann kaplan kaposi karnofsky kartagener katz kawasaki kayser kegel kehr
  kellgren kerley kernicterus kernig kienbock killip kimmelstiel kirschner kleihauer klinefelter klippel klumpke knapp koch kocher koplik korotkoff
  korsakoff krabbe krukenberg kussmaul lachman lambert lance lauren leaver ledderhose legg lennox leriche lesch levine levy lewis lewy lhermitte li
  liddle liebermann light likert lisfranc little lindsay ludwig lund lyme lynch macintosh maddrey maisonneuve mallampati mallory mantoux marfan
  marjolin martin martius marburg mayo mazza mcardle mcburney mccune mcgill mcisaac mcmurray meckel meigs menetrier meniere menieres menkes merkel
  merkels mickey miller mirizzi mitchell mobitz mohs monro montgomery morquio morris morse morton moro mueller munchausen munro murphy nelson
  neer netherton neuman nissen noonan norton norwood ober ogilvie ollier ormond ortolani osgood osler ottawa paget pagets pancoast pap
  papanicolaou parkes parkinson parkinsons parkland parks patau patrick pavlik perthes peyer peyronie peyronies pfannenstiel phalen phalens
  pick pierre plummer poland pompe pott potter potts prader pratt prinzmetal psoas purkinje quervain quincke ramsay ramsey ranson rathke
  raynaud raynauds reed reinke reiter reiters rett reye richmond richter riedel rinne ringer ringers rivero robin rockall rodnan rolando
  romberg rombergs rome rorschach rose ross roth rotter roux rovsing rutherford salter sanfilippo savage scarpa schatzki scheuermann schirmer
  schilling schmorl schober schonlein schwann sengstaken sever sezary sheehan simpson sims singh sipple sister sjogren sjogrens skene
  smith snellen spurling spurlings stanford starling stein sternberg steinmann stevens stewart stickler stills still stokes strauss sturge
  subtalar swan sweet swyer sydenham takayasu takotsubo tay tanner taylor tenckhoff thomas thompson thomsen thorel tietze tinel tinels todd
  tourette tourettes towne traube treacher trendelenburg trousseau turner unna valsalva vater vaughan virchow vogt volkmann waardenburg waldenstrom
  wallenberg waller walter warthin waterhouse weber wegener wegeners weil wells werdnig wernicke wernickes west whipple whitmore widal
  wilms wilson wilsons winter wirsung wolff wood yankauer yale york zenker zika ziehl zollinger
`);
