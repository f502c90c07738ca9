import { wordList } from './word-list.js';

const words = (list: string) => new Set(wordList(list));

export const titles = words(`
  mr mrs ms miss mx dr drs doctor prof professor rev reverend pastor rabbi imam father sister brother nurse sir madam capt captain sgt sergeant lt lieutenant
  col colonel officer detective judge sra sr srta senor senora mme mlle herr frau
`);
/** These are titles in lower case as well. */
export const abbreviatedTitles = words('mr mrs ms dr drs prof rev');
/** These are words first; they need a name of the lists behind them. */
export const wordTitles = words(
  'miss doctor professor father sister brother nurse sir madam captain sergeant lieutenant colonel officer detective judge pastor rabbi imam sr col lt mx herr frau',
);

/** Relatives and offices; their word is no part of the name. */
export const officeTitles = words('father sister brother nurse officer detective judge');
/** Behind these a name need not be one of the lists. */
export const namedOffices = words('officer detective judge nurse sgt sergeant captain lieutenant professor');

export const neverAfterTitle = words(`
  the a an and or of on off in at to for from with is was has had will who what when if not no note notes visit visits appointment office offices said says called call
  recommended ordered prescribed advised about today tomorrow yesterday this that his her their my your our pepper seuss
`);

export const particles = words(
  'van von der den de del della di da dos das du la le el al bin ibn ben ter ten y e af av zu zur st',
);

/** Written behind names; no part of them. */
export const degrees = words(
  'md do rn np pa pa-c lpn phd dds dmd pharmd lcsw lmsw aprn fnp crna cnm dnp msn bsn mbbs facc facs mph psyd dpt otr rrt ma pt ot msw dpm od jr sr ii iii iv esq',
);

export const relatives = words(`
  wife husband spouse son daughter mother father mom dad mum mommy daddy sister brother aunt uncle niece nephew cousin grandmother grandfather grandson
  granddaughter grandma grandpa stepmother stepfather stepson stepdaughter fiance fiancee girlfriend boyfriend partner neighbor neighbour friend caregiver
  roommate guardian twin parents daughters sons children siblings sisters brothers grandchildren mother-in-law father-in-law sister-in-law brother-in-law son-in-law daughter-in-law boss coworker colleague
`);

/** Words for the person that a note is about, or who wrote it. */
export const persons = words(`
  patient patients pt pts male female man woman boy girl gentleman lady child infant baby newborn toddler teen teenager adolescent veteran adult
  client resident individual person member deceased decedent donor caller applicant employee student inmate claimant guest nurse physician provider surgeon therapist pharmacist counselor dentist psychiatrist cardiologist
  neurologist oncologist pediatrician dermatologist radiologist anesthesiologist hospitalist internist technician interpreter midwife m f
`);

export const personPrepositions = words(
  'like for to of by with from named regarding re about versus against is referencing per w hello hi dear thanks',
);
/** Behind these of them stands as often a thing ("with Gulf War exposure"), so that one word has to be a name of the lists. */
export const loosePrepositions = words('of with about versus against is per from');

export const actsByPeople = words(`
  seen referred evaluated treated examined reviewed diagnosed followed managed performed ordered prescribed recommended assessed consulted admitted
  discharged signed dictated written interviewed operated cared accompanied brought noted
`);

/** First names of the lists that are words, brands or places at least as often; alone they count for nothing. */
export const weakFirstNames = words(`
  alexandria allegra alta america arch arden arizona asia aspen august augusta aurora austin bail bald bale bank bard barn base bear beck bell belle berlin bill bing
  bird blaine blake blaze bliss bond bone boot borg boston brand brandy bree brew brig brook brooke brooks buck buddy burg burl bunny cairo calvin camel candy care carey
  carolina carry cart case cash cass cedar chad chance chandler charity charlotte chase chelsea cher cherry cheyenne chic chick china chip christian cinnamon
  clarion clay clearance cloud cobb coco collier columbia conn constant cookie coop cord corona court cricket crispin cross cull curry curt dakota dale dallas dame
  dare darn darwin dean deck dell deny denver derby desert destiny deva diamond dill dolly dolores doll drew duff duke dusty eagle earl east echo eden elan
  emerald england ernest essa essence even ever fair faith fancy fare fawn fern fidelity field fields fitz flint flower ford forest fortune foss foster france francis
  frank free gage gala gale gall garland garnet gates gay gene genesis geneva georgia germain germaine germany gift ginger glad glen grace gram gran grant gray guy
  gypsy hale hall harmony harp hart haven haze heath heaven helena herb hill hills holly holt honey honor hope hort houston hunt hunter hyacinth ice india indiana
  infant ione iris isis islam israel italia itch ivory ivy jack jackson jade japan jasmine java jersey jewel jock jordan journey joy justice kansas kent kenya kermit
  king kip kirk knight knox labor lacy lake lambert lance land lane lark laurel laurence lavender law leal leta lexus liberty lily lincoln lind link lion lock
  london lot lotus lourdes love lowe lucky mace mack macon madison magic magnum main major male malta mame marigold marine marion mark market marshall marsh martial
  maryland mate mayo mead medina melody memory mercedes mercury mercy meridian merit merry mesa meta mica mile miles mill milli mills mint miss mobile moll montana mora
  morocco mort mortal moss muse myrtle nana native neat nevada nick nile noble noel normal north nova oak ocean oceana odessa olive olympia opal orient orion page
  pail pall palm paris park parson pascal passion pate patience pearl pen penny pepper perl petal phoenix pier pike pilot pin pip pooh port portia post power precious
  price pride pro promise providence prudence puff quest quinta rain rainbow raleigh rand ranger raven reading red redd reed reef regal regina reno reserve rete revere rex
  rich rick ring rio riot river rob robin rock rod roman rome rood root rose ross rosy rot roth rowe royal ruby rude rue rule rush rusty sable sage sahara saint
  salem salvador sandy santiago saturn savage savannah saw saxe scar scarlet scot sea sela selene senna seneca shade shadow sharp shaw shell shelter shepherd sherry
  sierra skip sky slate slim sloan smart sol solace solar sonny sparrow spike spring star starr stern sterling steward stewart still stockton stone storm street strong
  sullivan summer sun sunny sunshine sweet sydney tab tabby tailor tait tally tampa tann tate temp tempest temple terra texas tiff tiger till tine tip toll tome
  tone tonic tony tore torr tory tower town trace trap tray trent trinity trip trix troy true tuck tucker tull tulip tulsa turner twig tyne unity vail vale
  valencia valley van vanity velvet venice venus verge vernal vesper vesta victor victoria victory vienna vine viola violet virgin virginia vista vita vite viva
  wade wain wait waiter wake wald walk walker wall wand ward ware warren wash wave wax way web webb welcome west wheeler whit whitney wiley willow wilt win
  wind winter wisdom wit wolf wood woody world worth wren wynd yale yank yard yore york yule zion
`);

/** First words of places' names ("San Giovanni", "Fort Lee"). */
export const placeStarters = words(
  'san santa santo são las los el la fort ft port saint st new north south east west lake mount mt cape costa upper lower villa via rue calle',
);
/** Words that make a place of the name before them ("Forest Park", "Marshall Islands"). */
export const placeEnders = words(`
  islands island rica park beach heights springs valley lake lakes county city town village square street st avenue ave road rd drive lane blvd boulevard court
  place way terrace hill hills creek river bay bridge plaza apt suite unit hall house tower towers school college university high church field stadium center centre
  mountain mountains war
`);

/** Last words of labels without a colon ("goes by"). */
export const labelEnders = words("name names named called is was are as by with girl boy aka name's");

export const saints = words('st saint');
