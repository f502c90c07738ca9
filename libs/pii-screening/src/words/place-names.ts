import { wordList } from './word-list.js';

/** The 300 most populous cities of the United States, other well-known ones, and large cities of the world. `_` is a blank. */
export const cities = () =>
  wordList(`
  new_york new_york_city nyc los_angeles chicago houston phoenix philadelphia san_antonio san_diego dallas jacksonville austin fort_worth ft_worth san_jose
  columbus charlotte indianapolis san_francisco san_fran seattle denver oklahoma_city nashville el_paso washington_dc washington_d.c. boston las_vegas
  portland detroit louisville memphis baltimore milwaukee albuquerque tucson fresno sacramento mesa kansas_city atlanta omaha colorado_springs
  raleigh long_beach virginia_beach miami oakland minneapolis tulsa bakersfield tampa wichita arlington aurora new_orleans cleveland honolulu
  anaheim lexington stockton corpus_christi henderson riverside newark st_paul saint_paul santa_ana cincinnati irvine orlando pittsburgh st_louis
  saint_louis greensboro jersey_city anchorage lincoln plano durham buffalo chandler chula_vista toledo madison gilbert reno fort_wayne
  north_las_vegas st_petersburg saint_petersburg lubbock irving laredo winston-salem chesapeake glendale garland scottsdale norfolk boise fremont
  spokane santa_clarita baton_rouge richmond hialeah san_bernardino tacoma modesto huntsville des_moines yonkers rochester moreno_valley
  fayetteville fontana columbus worcester port_st_lucie little_rock augusta oxnard birmingham montgomery frisco amarillo salt_lake_city
  grand_rapids huntington_beach overland_park glendale tallahassee grand_prairie mckinney cape_coral sioux_falls peoria providence vancouver
  knoxville akron shreveport mobile brownsville newport_news fort_lauderdale ft_lauderdale chattanooga tempe aurora santa_rosa eugene elk_grove salem ontario
  cary rancho_cucamonga oceanside lancaster garden_grove pembroke_pines fort_collins palmdale springfield clarksville salinas hayward paterson
  alexandria macon corona kansas lakewood springfield sunnyvale jackson killeen hollywood murfreesboro pasadena bellevue pomona escondido
  joliet charleston mesquite naperville rockford bridgeport syracuse savannah roseville torrance fullerton surprise mcallen thornton visalia
  olathe gainesville west_valley_city orange denton warren pasadena midland waco cedar_rapids dayton elizabeth hampton columbia kent stamford lakewood
  victorville miramar coral_springs sterling_heights new_haven carrollton topeka athens simi_valley thousand_oaks santa_clara abilene vallejo
  norman lafayette hartford berkeley concord allentown evansville round_rock fargo clovis independence ann_arbor odessa lansing beaumont arvada
  fairfield el_monte berkeley pearland richardson provo cambridge lowell lakeland manchester pueblo wilmington carlsbad billings elgin temecula
  downey clearwater broken_arrow inglewood west_palm_beach high_point ventura richmond murrieta antioch waterbury daly_city sparks college_station
  santa_maria jurupa_valley pompano_beach everett lewisville south_fulton centennial el_cajon west_jordan westminster davenport greeley rialto
  santa_monica sugar_land brockton meridian allen edinburg tyler san_mateo spokane_valley sandy_springs hillsboro burbank jurupa lee's_summit
  dearborn vista green_bay boulder quincy lynn new_bedford roanoke norwalk newton woodbridge edison tuscaloosa wilmington
  asheville duluth bismarck cheyenne casper missoula bozeman helena juneau fairbanks burlington montpelier concord nashua portsmouth bangor augusta
  annapolis dover trenton harrisburg scranton erie utica albany binghamton ithaca schenectady poughkeepsie white_plains yonkers hoboken camden
  princeton stamford greenwich danbury norwalk pawtucket cranston warwick newport plymouth framingham somerville malden medford revere chelsea
  brookline needham waltham quincy braintree weymouth hyannis barnstable chicopee holyoke pittsfield northampton amherst haverhill lawrence
  leominster fitchburg marlborough natick wellesley brooklyn manhattan queens bronx staten_island harlem long_island westchester hempstead
  flushing astoria hackensack passaic teaneck morristown bethesda rockville silver_spring gaithersburg towson columbia frederick reston fairfax
  mclean charlottesville lynchburg danville morgantown huntington wheeling charleston greenville spartanburg myrtle_beach hilton_head
  sarasota fort_myers naples boca_raton pensacola daytona_beach ocala key_west st_augustine biloxi gulfport hattiesburg tupelo jonesboro
  fayetteville bentonville monroe lake_charles galveston harlingen wichita_falls san_angelo texarkana longview temple bryan stillwater edmond
  enid lawton muskogee springfield joplin branson columbia jefferson_city st_charles st_joseph bloomington champaign urbana decatur moline
  evanston skokie schaumburg cicero arlington_heights oak_park gary hammond south_bend muncie terre_haute kokomo lafayette kalamazoo flint
  saginaw ypsilanti pontiac muskegon dearborn livonia oshkosh appleton eau_claire la_crosse kenosha racine waukesha janesville bloomington
  edina mankato st_cloud moorhead grand_forks minot pierre rapid_city sioux_city dubuque ames iowa_city council_bluffs lincoln grand_island
  kearney salina manhattan hays garden_city durango grand_junction aspen vail loveland longmont golden englewood littleton ogden orem st_george
  logan idaho_falls pocatello nampa coeur_d'alene twin_falls yakima bellingham olympia kirkland redmond renton kent vancouver walla_walla
  corvallis bend medford ashland beaverton gresham redding chico eureka santa_cruz monterey san_rafael palo_alto mountain_view cupertino
  menlo_park redwood_city napa petaluma walnut_creek santa_barbara san_luis_obispo malibu compton carson torrance palm_springs la_jolla
  flagstaff prescott yuma sedona santa_fe las_cruces roswell gallup taos farmington hilo kailua lahaina philly nola vegas
  san_juan ponce mayaguez bayamon guam
  toronto montreal vancouver calgary ottawa edmonton winnipeg halifax quebec_city mexico_city guadalajara monterrey tijuana puebla cancun juarez
  havana kingston port-au-prince santo_domingo guatemala_city san_salvador tegucigalpa managua san_jose panama_city bogota medellin cali quito
  guayaquil lima caracas santiago buenos_aires montevideo asuncion la_paz sao_paulo rio_de_janeiro brasilia salvador london manchester
  birmingham liverpool leeds glasgow edinburgh cardiff belfast dublin cork paris lyon marseille toulouse nice bordeaux brussels antwerp amsterdam
  rotterdam the_hague berlin munich hamburg frankfurt cologne stuttgart dusseldorf vienna salzburg zurich geneva basel bern madrid barcelona
  valencia seville lisbon porto rome milan naples turin florence venice bologna athens thessaloniki warsaw krakow prague budapest bucharest sofia
  belgrade zagreb copenhagen stockholm gothenburg oslo bergen helsinki reykjavik moscow kyiv kiev odesa minsk riga vilnius tallinn
  istanbul ankara izmir cairo alexandria tripoli tunis algiers casablanca rabat khartoum addis_ababa nairobi mombasa kampala kigali dar_es_salaam
  lagos abuja accra dakar abidjan kinshasa johannesburg cape_town durban pretoria harare lusaka tehran baghdad basra damascus aleppo beirut
  amman jerusalem tel_aviv haifa gaza riyadh jeddah mecca medina dubai abu_dhabi doha kuwait_city muscat kabul karachi lahore islamabad peshawar
  delhi new_delhi mumbai bombay kolkata calcutta chennai madras bangalore bengaluru hyderabad pune ahmedabad jaipur lucknow kanpur
  colombo dhaka kathmandu yangon bangkok hanoi saigon ho_chi_minh_city phnom_penh kuala_lumpur singapore jakarta manila cebu beijing shanghai
  guangzhou shenzhen wuhan chengdu hong_kong taipei seoul busan incheon tokyo osaka kyoto yokohama nagoya sapporo fukuoka sydney melbourne
  brisbane perth adelaide auckland wellington suva
`);

/** Cities whose names are as often a person's, a word's or a test's; they count only where the sentence speaks of a place. */
export const doubtfulCities = new Set(
  wordList(`
  allen alexandria antioch appleton arlington ashland aspen athens auburn augusta aurora austin bangor basel beaumont bend bergen berlin birmingham
  bloomington boulder bradford brandon bryan buffalo burbank burlington cali cambridge camden carlsbad carson chandler charlotte chelsea cheyenne
  chico clearwater clovis columbia columbus concord corona cork compton dallas danville davenport dayton decatur denton denver dover durham eagle
  edison elgin elizabeth enid englewood erie eugene eureka evansville everett fairfield fargo flint florence flushing framingham frederick
  fremont frisco fullerton garland gary gaza geneva gilbert glasgow glendale golden greenville greenwich hampton hammond harlem hartford hays helena henderson
  houston hollywood huntington huntsville independence irvine irving jackson jefferson juarez kansas kearney kent kenosha kingston kirkland lafayette
  lakewood lancaster lansing laredo lawrence lawton leeds lexington lima lincoln liverpool logan london longview lowell lubbock lynn lynchburg macon
  madison madras malden manhattan manchester mclean mckinney mecca medina medford melbourne memphis meridian mesa mesquite midland milan mobile monroe
  monterey montgomery muscat naples napa nashua newark newport newton nice norfolk norman norwalk odessa ontario orange orlando orem oxford paris
  pearland peoria perth phoenix pierre plano plymouth ponce pontiac porto portland portsmouth prescott princeton providence pueblo quincy
  racine raleigh reading redding redmond reno revere richardson richmond riverside rochester rockford rome roseville salem salina salvador sandy
  santiago savannah sedona seville skokie sofia somerville sparks springfield stamford sterling stockton suva surprise sydney tempe temple
  thornton toledo torrance trenton troy tulsa turin tyler utica vail valencia vallejo vancouver venice ventura vienna virginia vista waco warren
  warwick washington waterbury wellesley wellington westchester westminster wheeling wilmington winchester windsor worcester york yuma
`),
);

/** Kinds of places where patients are seen, as the last word of their names. */
export const facilityNouns = new Set(
  wordList(`
  hospital hospitals hosp clinic clinics center centers centre ctr infirmary hospice sanatorium sanitarium institute institution polyclinic dispensary
  healthcare health medctr vamc pavilion practice rehab rehabilitation
  home nursing manor facility facilities office offices physicians associates group campus foundation school university college academy
  church shelter prison jail pharmacy laboratories laboratory lab imaging surgicenter living orthopedics orthopaedics dermatology pediatrics radiology oncology
`),
);

/** Words that are a facility's name only beside a proper name ("Houston Memorial", "Chicago General", "NY Presbyterian"). */
export const facilityTails = new Set(
  wordList(
    'memorial general presbyterian methodist baptist lutheran adventist mercy va langone permanente medical med hopkins regional sinai childrens',
  ),
);

/** Hospitals and health systems that go by a name without any of these words. */
export const knownFacilities = () =>
  wordList(`
  johns_hopkins john's_hopkins john_hopkins hopkins_hospital mayo ucsf ucla ucsd nyu nyu_langone mount_sinai mt_sinai cedars-sinai cedars_sinai cedar_sinai cedar-sinai
  md_anderson memorial_sloan_kettering sloan_kettering mskcc mass_general massachusetts_general mgh brigham_and_women's brigham_&_women's brigham_and_womens
  brigham stanford_health kaiser kaiser_permanente upmc emory vanderbilt geisinger intermountain sutter_health scripps ochsner baylor northwestern_memorial
  penn_medicine dana-farber dana_farber beth_israel beth_israel_deaconess bidmc yale_new_haven yale-new_haven montefiore bellevue_hospital harborview grady
  barnes-jewish barnes_jewish moffitt city_of_hope fred_hutch fred_hutchinson weill_cornell new_york_presbyterian new_york-presbyterian newyork-presbyterian ny_presbyterian
  lahey henry_ford loma_linda texas_children's boston_children's walter_reed ut_southwestern uab ohsu musc keck cleveland_clinic stanford
  mass_eye_and_ear nyp columbia_presbyterian lenox_hill maimonides tufts_medical rush_university duke_health unc_health uw_medicine uw_med
  advocate_aurora banner_health commonspirit ascension providence_health sharp_healthcare tampa_general lurie_children's nationwide_children's
  seattle_children's children's_national childrens_national rady_children's christiana_care atrium_health novant wakemed sentara inova medstar_health
  bayhealth wellstar piedmont_healthcare orlando_health adventhealth hca_healthcare tenet_health ssm_health bjc_healthcare allina
  healthpartners essentia_health sanford_health avera unitypoint dignity_health chop hup cook_county_hospital la_county_usc
`);
