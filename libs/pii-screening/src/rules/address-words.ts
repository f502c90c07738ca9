const words = (list: string) => new Set(list.split(/\s+/));

/** Street suffixes that hardly mean anything else after a number and a name (USPS Publication 28, appendix C1). */
export const strongSuffixes = words(
  `street str avenue ave av road rd boulevard blvd lane ln parkway pkwy highway hwy terrace ter turnpike tpke crescent cres
   expressway expy freeway fwy causeway cswy thruway esplanade promenade throughway`,
);

/**
 * The other suffixes of USPS Publication 28, appendix C1, with their abbreviations: also words, names or abbreviations of the
 * clinic, so that they need a sign more.
 */
export const weakSuffixes = words(
  `st drive dr drives court ct courts cts place pl way ways circle cir circles square sq squares trail trl loop alley aly plaza plz row run path pike walk walks
   mews close cove cv coves crossing xing crossroad crossroads bend bnd point pt points pts ridge rdg ridges heights hts hill hl hills hls creek crk park parks pass
   passage view vw views vista vis landing lndg manor mnr manors meadow meadows mdw mdws valley vly valleys glen gln glens grove grv groves harbor hbr harbors haven
   hvn hollow holw hollows island islands isle isles junction jct junctions key keys knoll knl knolls lake lk lakes lks lodge ldg mall mill ml mills mission mountain
   mtn mountains mount mt oval orchard orch overlook overpass pine pines pne plain plains plaines prairie ranch rnch rapid rapids rest shoal shoals shore shores shr
   shrs skyway spring spg springs spgs spur spurs station sta stravenue stream streets summit trace trce track trafficway tunnel union unions viaduct village villages
   vlg ville well wells woods garden gardens gdns gate gateway green greens grn bluff blf bluffs bottom branch br bridge brg brook brooks brk burg burgs bypass byp
   bayou camp canyon cyn cape center centers ctr centre chase cliff cliffs clf clfs club common commons corner cor corners course crest curve dale dam divide estate
   estates est ests extension ext extensions fall falls ferry field fields fld flds flat flats ford fords forest forge forges fork forks fort ft freeway arcade arc
   annex anx beach bch parade quay rue underpass wall yard inlet land light lights loaf lock locks neck port ports radial ramp river roads motorway side mead`,
);

/** Weak suffixes that are common in addresses; they are believed at the end of a phrase, the others only beside a city. */
export const commonWeakSuffixes = words(
  `st drive dr court ct place pl way circle cir square sq trail trl loop alley plaza plz row run path pike walk mews close
   cove crossing bend ridge hill park pass view heights landing manor grove`,
);

export const directionals = words(
  'n s e w ne nw se sw north south east west northeast northwest southeast southwest',
);

export const connectors = words('of the de del la las los el san santa and van von st st. mt mt. ft ft.');

/** Words that never stand in a street's name between its number and its suffix, but often after a number in a note. */
export const neverInStreetNames = words(
  `mg mcg ug gm g kg ml l dl cc mm cm m km ft feet foot in inch inches mi mile miles lb lbs oz units unit iu meq mmol mmhg bpm
   percent degrees degree tab tabs tablet tablets cap caps capsule capsules pill pills puff puffs drop drops spray sprays patch
   patches dose doses vial vials bottle bottles pack packs ppd day days week weeks wk wks month months mo year years yr yrs yo
   y/o hour hours hr hrs minute minutes min mins second seconds sec secs time times x am pm bid tid qid qd qhs qam qpm prn po iv
   im sc sq sl pr daily weekly nightly monthly old female male man woman boy girl patient patients pt pts view views vessel
   vessels lead leads step steps stage grade type phase class level levels point points item items part parts cycle cycles visit
   visits session sessions bedroom bedrooms story blocks stairs flights flight hand hands person people children kids son
   sons daughter daughters sister sisters brother brothers siblings cat cats dog dogs stitches sutures staples clips screws
   lesions nodules masses polyps stones cores samples specimens biopsies fractures falls episodes attempts admissions cigarettes
   beers drinks glasses cups servings meals the a an his her their this that these those to for with without from at on by per
   and or but is was were are has had have be as than then if when who which not no since until due during after before over
   under up down into onto around about across along toward near went walked drove stopped started takes took given gave seen
   reports reported denies presented presents arrived diagnosis diagnosed history chest head abdominal pelvic brain spine ct mri
   lumbar cervical thoracic hip knee ankle shoulder wrist elbow neck abdomen pelvis sinus cardiac coronary anterior inferior
   lateral posterior septal left right bilateral upper lower proximal distal way ways french gauge fr jan january feb february
   mar march apr april may june july jun jul aug august sep sept september oct october nov november dec december mon monday tue
   tuesday wed wednesday thu thursday fri friday sat saturday sun sunday today tomorrow yesterday dr. mr mrs ms mr. mrs. ms.`,
);

/** After "ST" these make it a part of an electrocardiogram. */
export const afterStSegment = words(
  'elevation elevations depression depressions segment segments change changes wave waves t elevated depressed abnormality abnormalities deviation',
);

const stateNames =
  'Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|' +
  'Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|' +
  'New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Puerto Rico|Rhode Island|' +
  'South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming';

const stateCodes =
  'AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|PR|RI|SC|SD|' +
  'TN|TX|UT|VT|VA|VI|WA|WV|WI|WY|GU';

export const statePattern = String.raw`(?:${stateCodes}|D\.C\.|${stateNames})`;
