import { wordList } from './word-list.js';

/** Common family names of the United States (Census Bureau, 2010 surnames) and of other languages, without accents. */
export const familyNames = () =>
  wordList(`
  smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas taylor
  moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright scott
  torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz
  parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey reed
  kelly howard ramos kim cox ward richardson watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo
  sanders patel myers long ross foster jimenez powell jenkins perry russell sullivan bell coleman butler henderson barnes gonzales
  fisher vasquez simmons romero jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant
  herrera gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods washington
  kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter gordon mendez silva shaw
  snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox warren mills meyer rice schmidt
  garza daniels ferguson nichols stephens soto weaver ryan gardner payne grant dunn kelley spencer hawkins arnold pierce vazquez
  hansen peters santos hart bradley knight elliott cunningham duncan armstrong hudson carroll lane riley andrews alvarado ray delgado
  berry perkins hoffman johnston matthews pena richards contreras willis carpenter lawrence sandoval guerrero george chapman rios
  estrada ortega watkins greene nunez wheeler valdez harper burke larson santiago maldonado morrison franklin carlson austin dominguez
  carr lawson jacobs obrien lynch singh vega bishop montgomery oliver jensen harvey williamson gilbert dean sims espinoza howell li
  wong reid hanson le mccoy garrett burton fuller wang weber welch rojas lucas marquez fields park yang little banks padilla day walsh
  bowman schultz luna fowler mejia davidson acosta brewer may holland juarez newman pearson curtis cortez douglas schneider joseph
  barrett navarro figueroa keller avila wade molina stanley hopkins campos barnett bates chambers caldwell beck lambert miranda byrd
  craig ayala lowe frazier powers neal leonard gregory carrillo sutton fleming rhodes shelton schwartz norris jennings rhee watts
  duran walters cohen mcdaniel moran parks steele vaughn becker holt deleon barker terry hale leon hail benson haynes horton miles
  lyons pham graves bush thornton wolfe warner cabrera mckinney mann zimmerman dawson lara fletcher page mccarthy love robles cervantes
  solis erickson reeves chang klein salinas fuentes baldwin daniel simon velasquez hardy higgins aguirre lin cummings chandler sharp
  barber bowen ochoa dennis robbins liu ramsey francis griffith paul blair oconnor cardenas pacheco cross calderon quinn moss swanson
  chan rivas khan rodgers serrano fitzgerald rosales stevenson christensen manning gill curry mclaughlin harmon mcgee gross doyle
  garner newton burgess reese walton blake trujillo adkins brady goodman roman webster goodwin fischer huang potter delacruz montoya
  todd wu hines mullins castaneda malone cannon tate mack sherman hubbard hodges zhang guerra wolf valencia saunders franco rowe
  gallagher farmer hammond hampton townsend ingram wise gallegos clarke barton schroeder maxwell waters logan camacho strickland
  norman person colon parsons frank harrington glover osborne buchanan casey floyd patton ibarra ball tyler suarez bowers orozco salas
  cobb gibbs andrade bauer conner moody escobar mcguire lloyd mueller hartman french kramer mcbride pope lindsey velazquez norton
  mccormick sparks flynn yates hogan marsh macias villanueva zamora pratt stokes owen ballard lang brock villarreal charles drake barrera
  cain patrick pineda burnett mercado santana shepherd bautista ali shaffer lamb trevino mckenzie hess beil olsen cochran morton nash
  wilkins petersen briggs shah roth nicholson holloway lozano rangel flowers hoover short arias mora valenzuela bryan meyers weiss
  underwood bass greer summers houston carson morrow clayton whitaker decker yoder collier zuniga carey wilcox melendez poole roberson
  larsen conley davenport copeland massey lam huff rocha cameron jefferson hood monroe anthony pittman huynh randall singleton kirk
  combs mathis christian skinner bradford richard galvan wall boone kirby wilkinson bridges bruce atkinson velez meza roy vincent york
  hodge villa abbott allison tapia gates chase sosa sweeney farrell wyatt dalton horn barron phelps yu dickerson heath foley atkins
  mathews bonilla acevedo benitez zavala hensley glenn cisneros harrell shields rubio huffman choi boyer garrison arroyo bond kane
  hancock callahan dillon cline wiggins grimes arellano melton oneill savage ho beltran pitts parrish ponce rich booth koch golden ware
  brennan mcdowell marks cantu humphrey baxter sawyer clay tanner hutchinson kaur berg wiley gilmore russo villegas hobbs keith wilkerson
  ahmed beard mcclain montes mata rosario vang walter henson oneal mosley mcclure beasley stephenson snow huerta preston vance barry
  johns eaton blackwell dyer prince macdonald solomon guevara stafford english hurst woodard cortes shannon kemp nolan mccullough merritt
  murillo moon salgado strong kline cordova barajas roach rosas winters jacobson lester knox bullock kerr leach meadows orr davila
  whitehead pruitt kent conway mckee barr david dejesus marin berger mcintyre blankenship gaines palacios cuevas bartlett durham dorsey
  mccall odonnell stein browning stout lowery sloan mclean hendricks calhoun sexton chung gentry hull duarte ellison nielsen gillespie
  buck middleton sellers leblanc esparza hardin bradshaw mcintosh howe livingston frost glass morse knapp herman stark bravo noble spears
  weeks corona frederick buckley mcfarland hebert enriquez hickman quintero randolph schaefer walls trejo house reilly pennington michael
  conrad giles benjamin crosby fitzpatrick donovan mays mahoney valentine raymond medrano hahn mcmillan small bentley felix peck lucero
  boyle hanna pace rush hurley harding mcconnell bernal nava ayers everett ventura avery pugh mayer bender shepard mcmahon landry case
  sampson moses magana blackburn dunlap gould duffy vaughan herring mckay espinosa rivers farley bernard ashley friedman potts truong
  costa correa blevins nixon clements fry delarosa best benton lugo portillo dougherty crane haley phan villalobos blanchard horne
  finley quintana lynn esquivel bean dodson mullen xiong hayden cano levy huber richmond moyer lim frye sheppard mccarty avalos booker
  waller parra woodward jaramillo krueger rasmussen brandt peralta donaldson stuart faulkner maynard galindo coffey estes sanford burch
  maddox vo oconnell vu andersen spence mcpherson church schmitt stanton leal cherry compton dudley sierra pollard alfaro hester proctor
  lu hinton novak good madden mccann terrell jarvis dickson reyna cantrell mayo branch hendrix rollins rowland whitney duke odom daugherty
  travis tang archer
  agarwal ahluwalia ahmad akhtar aggarwal banerjee basu bhat bhatt bhattacharya bose chakraborty chaudhary chauhan chatterjee chopra das
  datta desai deshpande dubey dutta ganguly ghosh goel gopalan goyal gupta hegde hussain iqbal iyengar iyer jain jha joshi kapadia kapoor
  kaul khanna khatri krishnamurthy krishnan kulkarni kumar lal mahajan malhotra malik mehra mehta menon mishra misra mittal modi mukherjee
  murthy nadar naidu naik nair nambiar narang narayan narayanan natarajan nayak pandey pandit parekh patil pillai prasad puri qureshi
  raghavan rahman raman ramachandran ramakrishnan ramaswamy ranganathan rao rastogi rathore rawat reddy roychowdhury sahni saini sarkar
  saxena sen seth sethi shaikh sharma shetty shukla siddiqui sinha solanki sood srinivasan srivastava subramaniam subramanian sundaram
  swamy talwar tandon thakur thapar tiwari trivedi varghese varma venkataraman venkatesan verma vyas yadav dhillon gill grewal sandhu
  sidhu chowdhury hossain haque islam begum bibi
  abdi abdullah abboud abdelrahman abubakar adeyemi adebayo adeleke afolabi agyeman akinola al-farsi al-hassan al-masri alavi amini
  ansah appiah asante asif aziz bah bakare balogun bangura barakat barry bekele boateng bello boakye camara ceesay chukwu conteh coulibaly
  darwish demir diallo diop danso dogan eze el-sayed emeka faraj farah farooq fofana gebre ghorbani habib haddad haddadi hakimi hamdan
  hamid hashemi hassan hosseini hussein ibrahim igwe ismail jalloh jama kabbah kamara karim karimi kaya keita khalil khoury kone kouassi
  mahmoud mansour mbeki mensah mirza mohamed mohammadi mohamud moussa mousavi musa mustafa mwangi nasser ndiaye njoroge nwosu nwachukwu
  obi odhiambo ogunleye ojo okafor okeke okonkwo okoro okoye okoli oladipo olawale omondi onwudiwe onyango osei otieno owusu ozturk
  rahimi rashid sadeghi saleh salim sahin sesay sow sy sylla tahir teklu tesfaye toure traore usman warsame wanjiru yeboah yilmaz yildiz
  yusuf zaman
  bae bai bang byun cai cao cha chae chau chavda chen cheng chiang chiu cho chow chu chua chun cui dai dang dinh dong du duan duong fan feng
  fong fu fujii fujita fukuda gao geng goto guo hamada han hara hasegawa hashimoto hayashi he hirano ho hong hoang hou hsieh hsu hu hua
  hwang ikeda im inoue ishida ishii ishikawa ito jang jeon jeong ji jia jiang jin jo jun jung kang kaneko kato kawasaki kiang kimura
  kobayashi kondo kong koo kwak kwan kwok kwon lai lau leung liang liao lim ling liou lo luo luong ly ma maeda mai mao matsuda matsumoto
  meng min miura miyazaki mori moon murakami nakagawa nakajima nakamura nakano nam ng ngo ngu nishimura noh oh ogawa okada ono ota
  ouyang pak pan paek peng phung qian qin qiu quach quan ren ryu saito sakai sakamoto sasaki sato seo shao shen shi shih shim shimizu
  shin sim sin so sohn son song su suh sun sung suzuki takagi takahashi takeuchi tam tan tanaka tao teng thai thao tian to ton tong trinh
  truong tsai tseng tu ueda uchida vuong wada wan watanabe wei wen woo xia xiao xie xu xue yamada yamaguchi yamamoto yamashita yan ye yee
  yeh yen yeo yi yim yin yip yoo yoon yoshida yuan yun zeng zhao zheng zhong zhou zhu zou kwong
  abbott adamczyk albers albrecht andersson antonov arnaud aubert bach bakker barbieri baumann becher bellini berg bergman bernardi
  bertrand bianchi blanc bonnet borg borisov bos boucher bouchard bourgeois brun bruno bruun cardoso caruso carvalho chevalier christophe
  clerc colombo conti cormier costa couture dahl dalgaard de_luca dekker desjardins deutsch dietrich dijkstra dubois dufour dumont dupont
  durand eriksen eriksson esposito faure favre ferrara ferrari ferreira fiore fontaine forsberg fournier friedrich fuchs gagnon galli
  gallo garnier gauthier gerard giordano girard gonçalves graf greco gruber guerin gustafsson haas hagen hansson haugen heinrich henriksen
  herrmann hofer hoffmann holm horvath huber ivanov ivanova jacobsen jankowski jansen jansson johansen johansson kaminski karlsson kaiser
  kaufmann keller kiss klimek knudsen koch kovac kovacs kovalenko kovalev kowalczyk kowalski kozlov kozlowski kraus kravchenko kruger
  kuznetsov lambert lang lange larsson laurent lebedev leclerc lefebvre lehmann leroy lindberg lindgren lindqvist lindstrom lombardi
  lorenz lund lundberg madsen maier mancini marchand marchetti mariani marino martel martens martinelli marty mayr mazur mercier meunier
  meier michaud michel moreau moretti morozov moser mulder muller nagy neumann nilsen nilsson novikov nowak nowicki olofsson orlov
  ostrowski pajari papadopoulos pavlov pedersen pelletier pereira peeters persson petit petrov petrova pettersson pfeiffer picard piotrowski
  poirier popov popovic poulsen rapp ricci richter rinaldi ritter rizzo robert romano rossi rousseau roux russo sandberg santoro savchenko
  schafer scherer schmid schmitz scholz schreiber schroder schubert schulz schulze schuster schwarz seidel shevchenko simon sjoberg smet
  smirnov sobczak sokolov solberg sorensen stefanov steiner strand svensson szabo szymanski thibault thomsen toth tremblay vandenberg
  van_dijk varga vasiliev vogel vogt volkov voss wagner weber weiss werner wieczorek winkler winter wisniewski wojcik wolff zelenko
  zhukov ziegler zielinski zimmermann byrne doherty dunne fitzsimmons kavanagh keane kearney keogh macleod mackay maclean maguire mahon
  mcallister mcbain mccabe mcgrath mckenna mclachlan mcleod mcneil mcrae molloy moriarty mulligan oleary omalley oreilly orourke osullivan
  osborn quigley rafferty reardon shea sheehan sheridan tierney whelan abernathy ashford atwood bancroft barlow beaumont blackwood bowden
  brewster carlisle carmichael cartwright chadwick clifford connolly crowley cutler dalrymple denton draper driscoll dwyer eastman ellsworth
  emerson fairchild fenton finch forsyth gladstone goldberg goldman goldstein greenberg grossman hale hathaway hawthorne holbrook holden
  huxley irwin kaplan katz kingsley lancaster langley levin levine lockhart lovell mercer merrill naylor nightingale paxton pemberton
  prescott radcliffe ramsay redmond rosen rosenberg rosenthal rothman rubin sawyer schulman sedgwick shapiro sherwood silverman sinclair
  somers stratton sutherland thatcher thorne tuttle vanderbilt wainwright wakefield waverly weinberg weinstein westbrook whitfield
  whitman whitmore wilder winslow winthrop woodruff yeager ashworth appleton holcomb langston kessler hartley ellery bellamy beckett
  aquino bautista castillo dela_cruz del_rosario dizon domingo evangelista gatchalian ignacio lacson magsaysay manalo mendiola mercado
  ocampo pangilinan quizon ramos reyes salonga santiago soriano tolentino valdez villanueva yap kealoha kahananui kamaka akana begay yazzie
  tsosie benally nez manuelito
  oliveira souza rodrigues alves lima gomes ribeiro martins araujo barbosa rocha dias nascimento moreira nunes mendes freitas cardoso
  teixeira correia pinto almeida azevedo monteiro batista vieira fonseca machado bezerra cavalcanti coelho cunha borges
`);
