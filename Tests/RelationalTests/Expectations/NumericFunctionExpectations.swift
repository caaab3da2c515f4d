/// Functions of numbers, sampled.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let numericFunctionExpectations = #"""
  power('26.547'::numeric,3) ⇒ numeric|18708.8179693230000000
  sqrt(abs('-17973504580923.00000000000000000008'::numeric)) ⇒ numeric|4239517.02212917173233410297
  div('69407961760572120915409.0000008'::numeric,'9575629.000005'::numeric) ⇒ numeric|7248397129894639
  log(10,'10.137'::numeric) ⇒ numeric|1.0059094464945588
  div('-565969380299176814388.00000000003'::numeric,'-9.003'::numeric) ⇒ numeric|62864531855956549415
  log(17,'19.290'::numeric) ⇒ numeric|1.0446042946700572
  div('392411698377.000000009'::numeric,'-265082.000007'::numeric) ⇒ numeric|-1480340
  sqrt(abs('-974951440987680878886584.00000009'::numeric)) ⇒ numeric|987396293788.71018673
  power('6.858'::numeric,'7.41'::numeric) ⇒ numeric|1571170.5589094208
  sqrt(abs('-4692273830482186934287.00007'::numeric)) ⇒ numeric|68500173944.90460
  sqrt(abs('4263420.00000000001'::numeric)) ⇒ numeric|2064.8050755458734
  sqrt(abs('1873286708500948.0000006'::numeric)) ⇒ numeric|43281482.281698117
  ln(abs('79623.0000'::numeric)) ⇒ numeric|11.285058274819605
  '-1.5'::float4::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  '123456.789'::float8::numeric(10,2) ⇒ numeric|123456.79
  power('28.652'::numeric,4) ⇒ numeric|673937.7287239068160000
  power('18.342'::numeric,'-2.17'::numeric) ⇒ numeric|0.001812678086689735
  power(11.217::float8,10.83::float8) ⇒ double precision|234511895095.74
  ln(abs('8786172814519158390.000006'::numeric)) ⇒ numeric|43.619710888558590
  sqrt(abs('-6402634.0000000000008'::numeric)) ⇒ numeric|2530.3426645417019
  exp('7'::numeric) ⇒ numeric|1096.6331584284586
  power('30.865'::numeric,9) ⇒ numeric|25421228347536.7298101707262239
  round('96.00000000000000000003'::numeric,-5) ⇒ numeric|0
  sqrt(abs('-904075945318.003'::numeric)) ⇒ numeric|950829.08312588073
  round('0'::float8) ⇒ double precision|0
  sqrt(abs('-33026.000000005'::numeric)) ⇒ numeric|181.7305698004741
  power('46.636'::numeric,-8) ⇒ numeric|0.0000000000000447
  div('8796.000000000000000004'::numeric,'-379081689177.05'::numeric) ⇒ numeric|0
  ln(abs('119872342021820450029854.00003'::numeric)) ⇒ numeric|53.140714312917790
  log(11,'33.259'::numeric) ⇒ numeric|1.4614172048797106
  exp('-13.92'::numeric) ⇒ numeric|0.0000009007843078052183
  round('-7895807237242619953210.00000000008'::numeric,10) ⇒ numeric|-7895807237242619953210.0000000001
  sqrt(abs('602.0000000000001'::numeric)) ⇒ numeric|24.535688292770596
  abs('-32768'::int4) ⇒ integer|32768
  power(8.61::float8,-9.43::float8) ⇒ double precision|1.523773027460773e-09
  ln(abs('-7660500409087046618044022.000000007'::numeric)) ⇒ numeric|57.298119541032900
  sqrt(abs('-4902479961187.0000000004'::numeric)) ⇒ numeric|2214154.4573915795
  sqrt('3.14159265358979'::numeric) ⇒ numeric|1.772453850905515
  div('55981038285161139.0000000000000007'::numeric,'-135564.000000000002'::numeric) ⇒ numeric|-412949147894
  power('3.527'::numeric,'-8.49'::numeric) ⇒ numeric|0.00002251788762279623
  power('44.751'::numeric,23) ⇒ numeric|92995754496142747112614858716661191273.5760916443477376
  div('74375368777.0007'::numeric,'7911516629323.00000000002'::numeric) ⇒ numeric|0
  round('4426.0000000006'::numeric,11) ⇒ numeric|4426.00000000060
  sqrt(abs('-535481207519158312.0000004'::numeric)) ⇒ numeric|731765814.6696649
  ln(abs('64846.0000000000000006'::numeric)) ⇒ numeric|11.0797705070404006
  round('-689668968032773295.010'::numeric,2) ⇒ numeric|-689668968032773295.01
  power('15.419'::numeric,'17.85'::numeric) ⇒ numeric|1609916385623736725455.712
  floor('1.0'::numeric) ⇒ numeric|1
  round('-8596229966.0009'::numeric,9) ⇒ numeric|-8596229966.000900000
  round('229497177575620.0000000001'::numeric,9) ⇒ numeric|229497177575620.000000000
  div('82.000000000000005'::numeric,'28080.00000008'::numeric) ⇒ numeric|0
  ln(abs('-4028408714409375.00000000000000004'::numeric)) ⇒ numeric|35.93214783294351416
  div('47111438878707452001.000000000000010'::numeric,'62087153941.01'::numeric) ⇒ numeric|758795272
  round('-4028408714409375.00000000000000004'::numeric,13) ⇒ numeric|-4028408714409375.0000000000000
  '-1'::int2::numeric(10,2) ⇒ numeric|-1.00
  power('11.171'::numeric,18) ⇒ numeric|7339338740397452232.0662370907964056
  div('-893.00000000000000000005'::numeric,'57.000000000001'::numeric) ⇒ numeric|-15
  log(13,'6.858'::numeric) ⇒ numeric|0.7506642766414158
  round(2.5::numeric,-3) ⇒ numeric|0
  round('-9546.00000000000000005'::numeric,12) ⇒ numeric|-9546.000000000000
  power(6.862::float8,19.85::float8) ⇒ double precision|4.013716255475559e+16
  sqrt(abs('157045465.0000000000000004'::numeric)) ⇒ numeric|12531.7782058253807894
  ln(abs('-2105234146076.00000000000006'::numeric)) ⇒ numeric|28.375447810167191
  sqrt(abs('13353582.04'::numeric)) ⇒ numeric|3654.2553331698101
  power('25.452'::numeric,'-2.97'::numeric) ⇒ numeric|0.00006683530184026142
  sqrt(abs('42104996345279.0000010'::numeric)) ⇒ numeric|6488836.285905124
  log(8,'27.10'::numeric) ⇒ numeric|1.5867403154888364
  div('-75496281581599712364.00000000000000005'::numeric,'0.5'::numeric) ⇒ numeric|-150992563163199424728
  -('10'::int4) ⇒ integer|-10
  power('15.738'::numeric,-9) ⇒ numeric|0.0000000000168832
  round('2926284726659953324731.0000003'::numeric,13) ⇒ numeric|2926284726659953324731.0000003000000
  round('-2084577564437600.00000000000000000001'::numeric,1) ⇒ numeric|-2084577564437600.0
  ln(abs('-4052980643792344406.00000000000000000001'::numeric)) ⇒ numeric|42.84598424575466709573
  power('13.380'::numeric,'-1.24'::numeric) ⇒ numeric|0.04010462126360940
  round('-13.00000000001'::numeric,0) ⇒ numeric|-13
  round('0'::int2) ⇒ double precision|0
  trunc(1e-20::numeric,2) ⇒ numeric|0.00
  floor('Infinity'::float8) ⇒ double precision|Infinity
  exp('-10.81'::numeric) ⇒ numeric|0.00002019652496079636
  ln(abs('53634.00000008'::numeric)) ⇒ numeric|10.889938474317399
  exp('9.68'::numeric) ⇒ numeric|15994.496927035487
  div('9356022593133578011.0000000000000'::numeric,'693529690908.0001'::numeric) ⇒ numeric|13490442
  log(3,'11.657'::numeric) ⇒ numeric|2.2354627590367540
  power(18.106::float8,6.99::float8) ⇒ double precision|619696990.5519218
  div('-27995818814635256582588.5'::numeric,'-6299.000000000'::numeric) ⇒ numeric|4444486238233887376
  power('3.800'::numeric,'6.59'::numeric) ⇒ numeric|6618.7183652066784
  log(9,'34.302'::numeric) ⇒ numeric|1.6089405234105627
  round('384293085021215822968.0000000000000000003'::numeric,11) ⇒ numeric|384293085021215822968.00000000000
  '7'::numeric::numeric(10,2) ⇒ numeric|7.00
  power('31.404'::numeric,'-17.53'::numeric) ⇒ numeric|0.000000000000000000000000005726028415821169
  ln(abs('-21.000000000000002'::numeric)) ⇒ numeric|3.0445224377234231
  power(34.154::float8,18.21::float8) ⇒ double precision|8.394040573402628e+27
  power('25.345'::numeric,18) ⇒ numeric|18623500720188109008851233.9365572113329317
  sign('123456.789'::float8) ⇒ double precision|1
  power('43.968'::numeric,'-17.5'::numeric) ⇒ numeric|0.00000000000000000000000000001758359032679931
  round(2.5::numeric,-1) ⇒ numeric|0
  div('119872342021820450029854.00003'::numeric,'790056639557.00000009'::numeric) ⇒ numeric|151726263687
  ln(abs('67265165.00006'::numeric)) ⇒ numeric|18.024153052884128
  sqrt('7'::int8) ⇒ double precision|2.6457513110645907
  power('37.442'::numeric,20) ⇒ numeric|29321135083662815190075202885135.4598621922169477
  power(1.955::float8,-6.14::float8) ⇒ double precision|0.016306429718270725
  div('49493553547135675764952.00003'::numeric,'-19.008'::numeric) ⇒ numeric|-2603827522471363413560
  abs('-32768'::int8) ⇒ bigint|32768
  ln(abs('1894720.0000000006'::numeric)) ⇒ numeric|14.454581628325549
  exp('-16.61'::numeric) ⇒ numeric|0.00000006114608498516012
  power(30.148::float8,-7.37::float8) ⇒ double precision|1.2527511392453402e-11
  trunc(99999999999999999999::numeric,-1) ⇒ numeric|99999999999999999990
  ln(abs('-877873883365.000000000000003'::numeric)) ⇒ numeric|27.500768779449847
  power(47.66::float8,9.38::float8) ⇒ double precision|5.509153542756603e+15
  '-Infinity'::numeric::varchar(3) ⇒ character varying|-In
  power('25.260'::numeric,'-7.66'::numeric) ⇒ numeric|0.00000000001808675134394851
  round('51.0000000006'::numeric,7) ⇒ numeric|51.0000000
  power('34.996'::numeric,'-11.27'::numeric) ⇒ numeric|0.000000000000000003971115726012207
  round('93956815150390.000000000000008'::numeric,-3) ⇒ numeric|93956815150000
  round('1.0'::numeric) ⇒ numeric|1
  power('10.137'::numeric,'11.69'::numeric) ⇒ numeric|574224118218.95262
  power('42.607'::numeric,'-10.96'::numeric) ⇒ numeric|0.000000000000000001383211911601810
  power(29.501::float8,12.27::float8) ⇒ double precision|1.0836692998281715e+18
  log(4,'8.547'::numeric) ⇒ numeric|1.5477090611914601
  ln(abs('752028006304.00000000000000000003'::numeric)) ⇒ numeric|27.34603940262830098371
  power('47.866'::numeric,-3) ⇒ numeric|0.0000091183989701
  log(2,'49.569'::numeric) ⇒ numeric|5.6313662492051202
  round('-5099987594051815465.00000000005'::numeric,-2) ⇒ numeric|-5099987594051815500
  exp('-19.5'::numeric) ⇒ numeric|0.000000003398267819495071
  ln(abs('-493927174106180363003.000000000000001'::numeric)) ⇒ numeric|47.648919759375533
  sqrt(abs('2352373602410193075249945.0000000008'::numeric)) ⇒ numeric|1533744960027.6419735551
  round('-116.000001'::numeric,5) ⇒ numeric|-116.00000
  div('56696994902639722.00000000000000000010'::numeric,'-730495742226.05'::numeric) ⇒ numeric|-77614
  round('-94671306199440602045350.0000008'::numeric,5) ⇒ numeric|-94671306199440602045350.00000
  ln(abs('-608366433051748410.000000000003'::numeric)) ⇒ numeric|40.949553781274995
  ln(abs('719061701200324632430218.00000000003'::numeric)) ⇒ numeric|54.932234122213562
  -('-Infinity'::numeric) ⇒ numeric|Infinity
  power(37.763::float8,-9.79::float8) ⇒ double precision|3.635122717881274e-16
  div('15601.000007'::numeric,'0.0000002'::numeric) ⇒ numeric|78005000035
  ln(abs('637.0000000000000010'::numeric)) ⇒ numeric|6.4567696555721633
  sqrt(abs('-5215611279430.00000000000000000010'::numeric)) ⇒ numeric|2283771.28439561565479502900
  power(43.570::float8,12.89::float8) ⇒ double precision|1.3462559866577035e+21
  div('-518522947330.3'::numeric,'1.000000000000'::numeric) ⇒ numeric|-518522947330
  exp('-15.74'::numeric) ⇒ numeric|0.0000001459502539015965
  sqrt('NaN'::numeric) ⇒ numeric|NaN
  round('9.0000000000000003'::numeric,1) ⇒ numeric|9.0
  log(14,'6.46'::numeric) ⇒ numeric|0.7069301969527490
  ln(abs('-73286614918.00000000005'::numeric)) ⇒ numeric|25.017643822315789
  sqrt(abs('-69314910019854677151.0000000001'::numeric)) ⇒ numeric|8325557640.1737005301
  round('7'::int2) ⇒ double precision|7
  '1e300'::float8::varchar(3) ⇒ character varying|1e+
  trunc('Infinity'::numeric::numeric,20) ⇒ numeric|Infinity
  round('7164306.0000000000000000001'::numeric,-3) ⇒ numeric|7164000
  div('457.000000000000000000'::numeric,'-60546035823.000000'::numeric) ⇒ numeric|0
  sqrt(abs('359629171981334.00000000'::numeric)) ⇒ numeric|18963891.266861187
  power('47.245'::numeric,'-5.45'::numeric) ⇒ numeric|0.0000000007494809513303513
  ln(abs('891422107990360826920609.0005'::numeric)) ⇒ numeric|55.147105014504994
  power(19.843::float8,19.23::float8) ⇒ double precision|8.974060678552422e+24
  '33.333333'::numeric::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  ln(abs('48819147.000000000000006'::numeric)) ⇒ numeric|17.703633150429046
  sqrt(abs('-93575217222.000000000000000002'::numeric)) ⇒ numeric|305900.665612221249380391
  div('-682440146487540.000000000000000005'::numeric,'180781913830.00000000001'::numeric) ⇒ numeric|-3774
  log(13,'41.279'::numeric) ⇒ numeric|1.4504590062376971
  round('4.000000000001'::numeric,-5) ⇒ numeric|0
  sqrt('1'::int2) ⇒ double precision|1
  abs('0.5'::numeric) ⇒ numeric|0.5
  round('392411698377.000000009'::numeric,4) ⇒ numeric|392411698377.0000
  round('4263420.00000000001'::numeric,0) ⇒ numeric|4263420
  div('5263106935185436053374159.00000005'::numeric,'-26142708790499.00000008'::numeric) ⇒ numeric|-201322172746
  round('38151072539535353.00006'::numeric,9) ⇒ numeric|38151072539535353.000060000
  power(9.605::float8,8.30::float8) ⇒ double precision|142799985.82860863
  round('27693882829738894059.000'::numeric,6) ⇒ numeric|27693882829738894059.000000
  div('1418157599384.00000000000000000009'::numeric,'-526.0000000002'::numeric) ⇒ numeric|-2696117109
  div('-7895807237242619953210.00000000008'::numeric,'16868.09'::numeric) ⇒ numeric|-468091362877635817
  '-1.5'::float8::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  div('3714568674.00000000000000005'::numeric,'738427.00000000'::numeric) ⇒ numeric|5030
  floor('0'::int4) ⇒ double precision|0
  ln(abs('-86458590724.07'::numeric)) ⇒ numeric|25.182931416308317
  sqrt(abs('-9547579749323435621.00000000000000004'::numeric)) ⇒ numeric|3089915815.89586929331882432
  power('19.843'::numeric,'19.23'::numeric) ⇒ numeric|8974060678552410858118780.621
  ln(abs('9.0'::numeric)) ⇒ numeric|2.1972245773362194
  sign('-32768'::int8) ⇒ double precision|-1
  floor('0'::float4) ⇒ double precision|0
  trunc(1.00::numeric,5) ⇒ numeric|1.00000
  sqrt(abs('3784637.00000000000000'::numeric)) ⇒ numeric|1945.41435175131778
  power('2.546'::numeric,15) ⇒ numeric|1224266.5672307305918711
  abs('1.00'::numeric) ⇒ numeric|1.00
  floor('0'::int2) ⇒ double precision|0
  exp('-14.2'::numeric) ⇒ numeric|0.0000006807981343976338
  exp('-19.15'::numeric) ⇒ numeric|0.000000004822371584074224
  div('5612430615556.05'::numeric,'76.00000000005'::numeric) ⇒ numeric|73847771257
  power('30.148'::numeric,'-7.37'::numeric) ⇒ numeric|0.00000000001252751139245341
  log(5,'2.457'::numeric) ⇒ numeric|0.5585435055270266
  power('15.943'::numeric,'-12.45'::numeric) ⇒ numeric|0.000000000000001066603307512773
  '1e10'::numeric::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  ln(abs('-29539860416198194311.000000000000000003'::numeric)) ⇒ numeric|44.832272225737708366
  power(27.249::float8,15.86::float8) ⇒ double precision|5.816477104096269e+22
  sqrt('-Infinity'::numeric) ⇒ ERROR 2201F cannot take square root of a negative number
  sqrt(abs('158226304904.000000000'::numeric)) ⇒ numeric|397776.70231425068
  sqrt(abs('-7560171594087407818525998.08'::numeric)) ⇒ numeric|2749576620879.551
  log(15,'24.192'::numeric) ⇒ numeric|1.1765003465225172
  sqrt(abs('3395834424919406729626564.0000000000004'::numeric)) ⇒ numeric|1842778995137.3460154422099
  ln(abs('62369207.000000000005'::numeric)) ⇒ numeric|17.948582233975428
  log(5,'8.507'::numeric) ⇒ numeric|1.3302093466630746
  round('9356022593133578011.0000000000000'::numeric,2) ⇒ numeric|9356022593133578011.00
  sqrt(abs('-75181687967925939533.000000009'::numeric)) ⇒ numeric|8670737452.369662169
  ln(abs('-4902479961187.0000000004'::numeric)) ⇒ numeric|29.220762307540328
  sqrt(abs('5846666255193378700.00000000000009'::numeric)) ⇒ numeric|2417988059.35707190787093
  round('-89.0000008'::numeric,2) ⇒ numeric|-89.00
  ln('32767'::int2) ⇒ double precision|10.397177190355384
  round(0.5::numeric,1) ⇒ numeric|0.5
  log(16,'11.24'::numeric) ⇒ numeric|0.8726425326115504
  power('15.138'::numeric,6) ⇒ numeric|12034027.6608958510475572
  log(7,'44.953'::numeric) ⇒ numeric|1.9557005246934041
  ln(abs('-2537597134858186232172900.000003'::numeric)) ⇒ numeric|56.193259855239420
  sign('0.1'::float8) ⇒ double precision|1
  trunc('3.14159265358979'::numeric) ⇒ numeric|3
  power('43.207'::numeric,'-8.28'::numeric) ⇒ numeric|0.00000000000002868216601059334
  log('-2147483648'::int4) ⇒ ERROR 2201E cannot take logarithm of a negative number
  power('14.620'::numeric,'10.75'::numeric) ⇒ numeric|3335679037305.6168
  abs('-32768'::int2) ⇒ ERROR 22003 smallint out of range
  sign('2147483647'::int4) ⇒ double precision|1
  log('-7'::int8) ⇒ ERROR 2201E cannot take logarithm of a negative number
  trunc('1e-300'::float8) ⇒ double precision|0
  round('480583263729316390198552.00000000000000000006'::numeric,-5) ⇒ numeric|480583263729316390200000
  log(4,'30.235'::numeric) ⇒ numeric|2.4590738369384136
  div('8246592128415571.00007'::numeric,'1605843.000000000006'::numeric) ⇒ numeric|5135366364
  ln(abs('-2765576521141150.0000000000000007'::numeric)) ⇒ numeric|35.5560255148923002
  sqrt(abs('384293085021215822968.0000000000000000003'::numeric)) ⇒ numeric|19603394732.0665821195686661140
  exp('13.86'::numeric) ⇒ numeric|1045493.9383645344
  power(12.299::float8,-2.91::float8) ⇒ double precision|0.0006737191275983088
  power(17.322::float8,-10.81::float8) ⇒ double precision|4.0808933925245857e-14
  sqrt('-Infinity'::float8) ⇒ ERROR 2201F cannot take square root of a negative number
  power('39.350'::numeric,10) ⇒ numeric|8901175562800238.4693504206883789
  log(12,'10.177'::numeric) ⇒ numeric|0.9336891075597292
  power('50.123'::numeric,20) ⇒ numeric|10017079867795453441919846365771229.6477018848561305
  exp('14.46'::numeric) ⇒ numeric|1905014.1607883341
  div('-610482.000000000004'::numeric,'-3816538542.0000003'::numeric) ⇒ numeric|0
  round('-79385140930823.0000000000000000000'::numeric,2) ⇒ numeric|-79385140930823.00
  -('12345678901234567890.12345678901234567890'::numeric) ⇒ numeric|-12345678901234567890.12345678901234567890
  sqrt(abs('-0.000000000004'::numeric)) ⇒ numeric|0.000002000000000000000
  power('5.649'::numeric,17) ⇒ numeric|6074587197594.4466551912130076
  log(4,'3.308'::numeric) ⇒ numeric|0.8629796172545938
  exp('7'::int2) ⇒ double precision|1096.6331584284585
  log('Infinity'::numeric) ⇒ numeric|Infinity
  log(14,'17.183'::numeric) ⇒ numeric|1.0776274130350992
  power(8.759::float8,5.40::float8) ⇒ double precision|122815.85677326418
  log(2,'3.408'::numeric) ⇒ numeric|1.7689253355637512
  '7'::numeric::varchar(3) ⇒ character varying|7
  trunc('33.333333'::numeric) ⇒ numeric|33
  ln(abs('-75641.000000002'::numeric)) ⇒ numeric|11.233753743203274
  div('-58166870135717.0000000000006'::numeric,'112369032605268.00000000000'::numeric) ⇒ numeric|0
  round(12345678901234567890.12345678901234567890::numeric,-3) ⇒ numeric|12345678901234568000
  round('-1'::int2) ⇒ double precision|-1
  div('-86975.00000000001'::numeric,'798621.000000005'::numeric) ⇒ numeric|0
  exp('-9.43'::numeric) ⇒ numeric|0.00008027919993640776
  trunc(-1.5::numeric,1) ⇒ numeric|-1.5
  exp('-Infinity'::float8) ⇒ double precision|0
  exp('12.15'::numeric) ⇒ numeric|189094.08983869809
  power('31.144'::numeric,'-14.38'::numeric) ⇒ numeric|0.0000000000000000000003351785837565829
  exp('1'::float8) ⇒ double precision|2.718281828459045
  div('-608366433051748410.000000000003'::numeric,'6.00006'::numeric) ⇒ numeric|-101393391574708987
  div('31085746394568512.0000000004'::numeric,'798725696.001'::numeric) ⇒ numeric|38919176
  div('-6442770449470.00000007'::numeric,'559628756106.7'::numeric) ⇒ numeric|-11
  exp('0.5'::numeric) ⇒ numeric|1.6487212707001281
  round('15959153022689792557353.0000000000000000'::numeric,9) ⇒ numeric|15959153022689792557353.000000000
  log('99999999999999999999'::numeric) ⇒ numeric|20.000000000000000
  log('123456.789'::float8) ⇒ double precision|5.09151497716927
  sqrt(abs('-3130307425633400.0000000000000006'::numeric)) ⇒ numeric|55949150.3566711904719344
  ln(abs('-5946399483041457458606.00000000000008'::numeric)) ⇒ numeric|50.137072860367513
  power(10.177::float8,13.90::float8) ⇒ double precision|101371264942619.75
  div('-814630141305001366691.00000000000004'::numeric,'2661039536.000002'::numeric) ⇒ numeric|-306132295399
  trunc(1.0::numeric,0) ⇒ numeric|1
  ln(abs('-4000497960.000000000008'::numeric)) ⇒ numeric|22.109684680318065
  sqrt(abs('-33694452790.000000000004'::numeric)) ⇒ numeric|183560.488095886256
  trunc('NaN'::numeric::numeric,0) ⇒ numeric|NaN
  floor('10'::int2) ⇒ double precision|10
  ln(abs('-6197098292031636042.000000000000007'::numeric)) ⇒ numeric|43.270612838975282
  round('-365245080916556.000000000000000002'::numeric,10) ⇒ numeric|-365245080916556.0000000000
  floor('1e10'::float4) ⇒ double precision|10000000000
  sign('3.14'::float8) ⇒ double precision|1
  ln('-32768'::int4) ⇒ ERROR 2201E cannot take logarithm of a negative number
  round('-4014955.00000'::numeric,14) ⇒ numeric|-4014955.00000000000000
  trunc(-0.0000000001::numeric,20) ⇒ numeric|-0.00000000010000000000
  '3.14'::float4::varchar(3) ⇒ character varying|3.1
  round('-998995194794323254394632.0000001'::numeric,13) ⇒ numeric|-998995194794323254394632.0000001000000
  log(12,'26.372'::numeric) ⇒ numeric|1.3168715378222476
  sqrt(abs('462911177500808857914.00007'::numeric)) ⇒ numeric|21515370726.54824
  round('2'::int4) ⇒ double precision|2
  floor('-32768'::int2) ⇒ double precision|-32768
  log(18,'31.122'::numeric) ⇒ numeric|1.1894369487957139
  sqrt(abs('-3506706836047314899.0000000000003'::numeric)) ⇒ numeric|1872620312.8363514841284
  div('62369207.000000000005'::numeric,'2.000000000007'::numeric) ⇒ numeric|31184603
  power('34.686'::numeric,26) ⇒ numeric|11066485357597079369059071871057778371091.3661818360702349
  ln(abs('-389042566189011900472661.00000000010'::numeric)) ⇒ numeric|54.317975715157381
  ln(abs('-8808630095081200529103.00000000000000000001'::numeric)) ⇒ numeric|50.53001888641713884809
  power('48.876'::numeric,'19.38'::numeric) ⇒ numeric|542842467435605873987697020439230.671
  power('31.570'::numeric,'9.13'::numeric) ⇒ numeric|48795180929327.117
  log(9,'3.184'::numeric) ⇒ numeric|0.5270914406875025
  '-2147483648'::int8::numeric(10,2) ⇒ ERROR 22003 numeric field overflow
  round('-9667728.0001'::numeric,2) ⇒ numeric|-9667728.00
  log(18,'33.356'::numeric) ⇒ numeric|1.2134209575786807
  div('-865108060491.000000000000000002'::numeric,'-973626.010'::numeric) ⇒ numeric|888542
  round('-64037.0000009'::numeric,5) ⇒ numeric|-64037.00000
  exp('-10.84'::numeric) ⇒ numeric|0.00001959962744140579
  abs('NaN'::float4) ⇒ real|NaN
  ln(abs('37.00000000006'::numeric)) ⇒ numeric|3.6109179126458461
  abs('2'::int4) ⇒ integer|2
  sqrt(abs('-95390839756070828601862.00000000000000010'::numeric)) ⇒ numeric|308854075181.25906800648032613
  ceil('Infinity'::float4) ⇒ double precision|Infinity
  exp('-19.89'::numeric) ⇒ numeric|0.000000002300820588575026
  power('0.388'::numeric,21) ⇒ numeric|0.0000000023198838
  exp('10'::int4) ⇒ double precision|22026.465794806718
  trunc(-2.5::numeric,1) ⇒ numeric|-2.5
  '-32768'::int8::numeric(10,2) ⇒ numeric|-32768.00
  div('-34859784062.00009'::numeric,'848084245963.0000000005'::numeric) ⇒ numeric|0
  round('-9424.00000000000000'::numeric,12) ⇒ numeric|-9424.000000000000
  trunc(0.5::numeric,2) ⇒ numeric|0.50
  log(8,'47.66'::numeric) ⇒ numeric|1.8582356821385154
  exp('16.44'::numeric) ⇒ numeric|13797527.949682099
  log('3.14'::float8) ⇒ double precision|0.49692964807321494
  power('6.653'::numeric,1) ⇒ numeric|6.6530000000000000
  div('278193854259419.001'::numeric,'6237.000000008'::numeric) ⇒ numeric|44603792569
  round(0::numeric,5) ⇒ numeric|0.00000
  round(3.14159265358979::numeric,0) ⇒ numeric|3
  log(10,'34.996'::numeric) ⇒ numeric|1.5440184078587760
  ln(abs('-0.0000000005'::numeric)) ⇒ numeric|-21.416413017506356
  exp('14.7'::numeric) ⇒ numeric|2421747.6332524136
  ln(abs('-98074644574058.00000000000007'::numeric)) ⇒ numeric|32.216749983995757
  div('-535481207519158312.0000004'::numeric,'248500145.09'::numeric) ⇒ numeric|-2154852695
  div('-771448582706.00000000000000008'::numeric,'-928452912.0000000'::numeric) ⇒ numeric|830
  sqrt(abs('-461.2'::numeric)) ⇒ numeric|21.475567512873787
  ln(abs('-0.000007'::numeric)) ⇒ numeric|-11.869600408908961
  div('-2765576521141150.0000000000000007'::numeric,'339867.0007'::numeric) ⇒ numeric|-8137231668
  sqrt(abs('7428674870292595.4'::numeric)) ⇒ numeric|86189760.820486069
  exp('-1'::int8) ⇒ double precision|0.36787944117144233
  div('-6402634.0000000000008'::numeric,'300246386.00000000000'::numeric) ⇒ numeric|0
  div('8242548.00000000000000000000'::numeric,'-58468.0000000007'::numeric) ⇒ numeric|-140
  log(15,'10.415'::numeric) ⇒ numeric|0.8652893782246742
  round(-2.5::numeric,20) ⇒ numeric|-2.50000000000000000000
  round('NaN'::numeric::numeric,-1) ⇒ numeric|NaN
  sqrt(abs('602.0000000000000005'::numeric)) ⇒ numeric|24.5356882927705943
  div('8960748.0000003'::numeric,'249658.000000002'::numeric) ⇒ numeric|35
  '32767'::int8::varchar(3) ⇒ character varying|327
  log(19,'44.681'::numeric) ⇒ numeric|1.2904150441605930
  -('7'::int2) ⇒ smallint|-7
  div('-37113.0000000000000000002'::numeric,'-2396.05'::numeric) ⇒ numeric|15
  sqrt(abs('-343473967811462164.000000000001'::numeric)) ⇒ numeric|586066521.660691828329
  power(32.212::float8,-16.61::float8) ⇒ double precision|8.95006443778268e-26
  power(27.877::float8,7.49::float8) ⇒ double precision|66817897007.53238
  ceil('1'::float4) ⇒ double precision|1
  round('719061701200324632430218.00000000003'::numeric,4) ⇒ numeric|719061701200324632430218.0000
  div('5.00000000001'::numeric,'-1612.006'::numeric) ⇒ numeric|0
  sqrt(abs('-884.00000000000002'::numeric)) ⇒ numeric|29.732137494637011
  'Infinity'::numeric::varchar(3) ⇒ character varying|Inf
  ceil('7'::int4) ⇒ double precision|7
  round('-45472303961.00000006'::numeric,13) ⇒ numeric|-45472303961.0000000600000
  '3.14'::float8::varchar(3) ⇒ character varying|3.1
  div('-97.0000000005'::numeric,'6993.0000000003'::numeric) ⇒ numeric|0
  power('46.61'::numeric,13) ⇒ numeric|4900363970860796711656.6752547462705355
  round(2.5::numeric,2) ⇒ numeric|2.50
  round('-518522947330.3'::numeric,4) ⇒ numeric|-518522947330.3000
  exp('-15.23'::numeric) ⇒ numeric|0.0000002430496727224451
  div('-693236368080531.00000000000003'::numeric,'1.000006'::numeric) ⇒ numeric|-693232208687278
  round('-17.0000000000000000006'::numeric,8) ⇒ numeric|-17.00000000
  ceil('2147483647'::int8) ⇒ double precision|2147483647
  exp('-8.91'::numeric) ⇒ numeric|0.0001350318339887429
  round('-58166870135717.0000000000006'::numeric,-4) ⇒ numeric|-58166870140000
  abs('7'::numeric) ⇒ numeric|7
  div('-0.000007'::numeric,'-89180086321980.00000000008'::numeric) ⇒ numeric|0
  sqrt('7'::numeric) ⇒ numeric|2.645751311064591
  ln(abs('-3.00000000000000000002'::numeric)) ⇒ numeric|1.09861228866810969140
  div('-648536329355300341.000000000000000005'::numeric,'-88355557273.000008'::numeric) ⇒ numeric|7340074
  log(13,'0.516'::numeric) ⇒ numeric|-0.2579577298771273
  trunc(33.333333::numeric,0) ⇒ numeric|33
  log(8,'47.720'::numeric) ⇒ numeric|1.8588407126401678
  power(19.234::float8,-5.73::float8) ⇒ double precision|4.3881465673346823e-08
  sqrt(abs('-476662821987344.000000000000010'::numeric)) ⇒ numeric|21832609.142916107268146
  power(19.499::float8,2.85::float8) ⇒ double precision|4748.267384265305
  ln(abs('-53503847.0000000000009'::numeric)) ⇒ numeric|17.795264115823140
  ln('-0.0000000001'::numeric) ⇒ ERROR 2201E cannot take logarithm of a negative number
  trunc('2'::int8) ⇒ double precision|2
  round('3.0000000000001'::numeric,14) ⇒ numeric|3.00000000000010
  '1e10'::numeric::numeric(10,2) ⇒ ERROR 22003 numeric field overflow
  floor('-2147483648'::int8) ⇒ double precision|-2147483648
  '-1'::int4::varchar(3) ⇒ character varying|-1
  ln(abs('58.0000000004'::numeric)) ⇒ numeric|4.0604430105533159
  log(6,'47.698'::numeric) ⇒ numeric|2.1570358827009304
  sqrt(abs('506084.000000000000000005'::numeric)) ⇒ numeric|711.395811064417218642
  power('9.178'::numeric,14) ⇒ numeric|30093503192840.3864258185676695
  exp('-6.49'::numeric) ⇒ numeric|0.001518549008067884
  floor('2'::int2) ⇒ double precision|2
  div('-315962.0000000000000000'::numeric,'-26784490.0000000005'::numeric) ⇒ numeric|0
  div('3714191277471755561.05'::numeric,'-436326231651.000004'::numeric) ⇒ numeric|-8512418
  sqrt(abs('514898713.0000009'::numeric)) ⇒ numeric|22691.37970684024
  round(1e10::numeric,20) ⇒ numeric|10000000000.00000000000000000000
  floor('1.00'::numeric) ⇒ numeric|1
  round(12345678901234567890.12345678901234567890::numeric,2) ⇒ numeric|12345678901234567890.12
  div('-4077783.005'::numeric,'53675283.0000000006'::numeric) ⇒ numeric|0
  '1e10'::float4::numeric(10,2) ⇒ ERROR 22003 numeric field overflow
  sign('Infinity'::float8) ⇒ double precision|1
  round('37.00000000006'::numeric,3) ⇒ numeric|37.000
  ln(abs('278193854259419.001'::numeric)) ⇒ numeric|33.259339304086241
  round('1880179.02'::numeric,15) ⇒ numeric|1880179.020000000000000
  div('-89.0000008'::numeric,'167467705.00001'::numeric) ⇒ numeric|0
  power('11.217'::numeric,13) ⇒ numeric|44503826965160.9761270110405755
  div('2733791626.3'::numeric,'-737408062264283.02'::numeric) ⇒ numeric|0
  sqrt(abs('-75496281581599712364.00000000000000005'::numeric)) ⇒ numeric|8688859624.92200194734955891
  trunc('0'::numeric) ⇒ numeric|0
  sqrt(abs('390178178395854942.00000000005'::numeric)) ⇒ numeric|624642440.43761142919
  div('59229013224795690114.00000000004'::numeric,'91679262838.000000006'::numeric) ⇒ numeric|646045914
  '1'::int8::varchar(3) ⇒ character varying|1
  sqrt(abs('-5099987594051815465.00000000005'::numeric)) ⇒ numeric|2258315211.40247723944
  sqrt(abs('4933659029989.00000000'::numeric)) ⇒ numeric|2221184.150400187
  ln(abs('327817010533246282610895.0000000000000003'::numeric)) ⇒ numeric|54.1467425108622285
  log(20,'46.258'::numeric) ⇒ numeric|1.2798988934430239
  power('37.763'::numeric,21) ⇒ numeric|1313397726735353349078627801515394.2743889020271322
  log(3,'17.863'::numeric) ⇒ numeric|2.6239753225058084
  exp('-4.77'::numeric) ⇒ numeric|0.008480380159953264
  sqrt('1'::float8) ⇒ double precision|1
  sqrt(abs('-76150224862606728863414.05'::numeric)) ⇒ numeric|275953301959.96338
  power('2.968'::numeric,'-15.74'::numeric) ⇒ numeric|0.00000003659470642109871
  round('-9023535851982067.00000000000001'::numeric,1) ⇒ numeric|-9023535851982067.0
  exp('-1.20'::numeric) ⇒ numeric|0.3011942119122021
  '1e-300'::float8::varchar(3) ⇒ character varying|1e-
  power('11.861'::numeric,'15.99'::numeric) ⇒ numeric|149692375875470254.572
  div('-1.00000000000000000009'::numeric,'13017.0004'::numeric) ⇒ numeric|0
  trunc(-2.5::numeric,0) ⇒ numeric|-2
  power(31.650::float8,-8.74::float8) ⇒ double precision|7.704309774380739e-14
  ln(abs('-89.0000008'::numeric)) ⇒ numeric|4.4886363787209038
  '-7'::int2::numeric(10,2) ⇒ numeric|-7.00
  ln(abs('1.00000000000000006'::numeric)) ⇒ numeric|0.000000000000000059999999999999998
  round('-215282747524987349299.0000000006'::numeric,3) ⇒ numeric|-215282747524987349299.000
  log(5,'4.58'::numeric) ⇒ numeric|0.9454847474201032
  exp('-17.21'::numeric) ⇒ numeric|0.00000003355768294145011
  '0'::numeric::varchar(3) ⇒ character varying|0
  div('64846.0000000000000006'::numeric,'3923305.0000007'::numeric) ⇒ numeric|0
  div('-2665884326472346803555.000000009'::numeric,'9459595961678.00006'::numeric) ⇒ numeric|-281817990
  log('-7'::int2) ⇒ ERROR 2201E cannot take logarithm of a negative number
  log(16,'47.625'::numeric) ⇒ numeric|1.3934117968733305
  log(18,'31.728'::numeric) ⇒ numeric|1.1961089649913603
  power(44.953::float8,-4.1::float8) ⇒ double precision|1.6737454556559494e-07
  round('-461.2'::numeric,7) ⇒ numeric|-461.2000000
  sqrt('99999999999999999999'::numeric) ⇒ numeric|10000000000.0000000
  power('16.569'::numeric,6) ⇒ numeric|20690824.0536175724054641
  log(6,'16.663'::numeric) ⇒ numeric|1.5700716200308378
  ln('NaN'::float4) ⇒ double precision|NaN
  power(46.928::float8,-16.19::float8) ⇒ double precision|8.699918438635262e-28
  round('-6402634.0000000000008'::numeric,9) ⇒ numeric|-6402634.000000000
  round('2716064435656016652.00000000000000000003'::numeric,12) ⇒ numeric|2716064435656016652.000000000000
  ln(abs('-6364972.00000000000'::numeric)) ⇒ numeric|15.666320390906623
  power('27.401'::numeric,30) ⇒ numeric|13582896168714071090866747905589690181019690.5237912208754308
  exp('15.99'::numeric) ⇒ numeric|8797692.2435055525
  sqrt(abs('-1871288408175147321564.0000000000000000001'::numeric)) ⇒ numeric|43258391188.0128445625170187156
  'NaN'::numeric::numeric(10,2) ⇒ numeric|NaN
  abs('3.14159265358979'::numeric) ⇒ numeric|3.14159265358979
  exp('12.90'::numeric) ⇒ numeric|400312.19132988246
  trunc('1'::int8) ⇒ double precision|1
  round('1e-300'::float8) ⇒ double precision|0
  log(7,'28.550'::numeric) ⇒ numeric|1.7224109436549051
  power(4.193::float8,-20.63::float8) ⇒ double precision|1.436521361997018e-13
  ln(abs('-3735622.0000000000010'::numeric)) ⇒ numeric|15.133424895481866
  round('-9774106.005'::numeric,-1) ⇒ numeric|-9774110
  power('26.37'::numeric,'9.59'::numeric) ⇒ numeric|42505599388668.644
  ln(abs('65816960703742484.0000000000000007'::numeric)) ⇒ numeric|38.7256539614822334
  power(5.547::float8,-6.49::float8) ⇒ double precision|1.4827314637675118e-05
  round('-8477860960.0000000000000000006'::numeric,8) ⇒ numeric|-8477860960.00000000
  ln(abs('3.0000000000001'::numeric)) ⇒ numeric|1.0986122886681430
  round('-2325.00000000000003'::numeric,8) ⇒ numeric|-2325.00000000
  sign('1.00'::numeric) ⇒ numeric|1
  div('-46462.000000010'::numeric,'152253.0010'::numeric) ⇒ numeric|0
  power(41.787::float8,5.29::float8) ⇒ double precision|376103964.67074114
  ln(abs('-26489221.00000000000009'::numeric)) ⇒ numeric|17.092248453492330
  log(15,'16.569'::numeric) ⇒ numeric|1.0367361278769718
  power('8.547'::numeric,-2) ⇒ numeric|0.0136890273780411
  power('33.96'::numeric,6) ⇒ numeric|1533931936.0392495144960000
  power('8.920'::numeric,'14.46'::numeric) ⇒ numeric|55242814176783.141
  exp('-10.73'::numeric) ⇒ numeric|0.00002187863430200520
  round(12345678901234567890.12345678901234567890::numeric,-1) ⇒ numeric|12345678901234567890
  power('26.602'::numeric,-7) ⇒ numeric|0.0000000001060718
  '10'::int8::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  exp('9.34'::numeric) ⇒ numeric|11384.408240181618
  -('1e10'::float4) ⇒ real|-1e+10
  power('16.663'::numeric,'7.93'::numeric) ⇒ numeric|4880932828.7333218
  power('35.205'::numeric,'20.70'::numeric) ⇒ numeric|103445122239437846105029668662452.854
  power('26.372'::numeric,-10) ⇒ numeric|0.0000000000000061
  ln(abs('-7458732157.000000000000006'::numeric)) ⇒ numeric|22.732651284573806
  exp('-6.50'::numeric) ⇒ numeric|0.001503439192977572
  ln(abs('-974951440987680878886584.00000009'::numeric)) ⇒ numeric|55.236674618517341
  log(11,'31.650'::numeric) ⇒ numeric|1.4407377118511382
  '0'::float4::varchar(3) ⇒ character varying|0
  trunc('Infinity'::numeric) ⇒ numeric|Infinity
  ln(abs('-908325007166157945007.000000008'::numeric)) ⇒ numeric|48.258133925857467
  power('8.759'::numeric,'5.40'::numeric) ⇒ numeric|122815.85677326406
  power(18.484::float8,18.28::float8) ⇒ double precision|1.4355890794786253e+23
  round('-Infinity'::numeric::numeric,20) ⇒ numeric|-Infinity
  power('26.37'::numeric,17) ⇒ numeric|1441691063672596547859772.6323268865804162
  round('340667389908875695094201.000000000000008'::numeric,-3) ⇒ numeric|340667389908875695094000
  power('50.486'::numeric,'-19.77'::numeric) ⇒ numeric|0.0000000000000000000000000000000002129658962605633
  round('-249885240.0000000'::numeric,-5) ⇒ numeric|-249900000
  '1'::int4::varchar(3) ⇒ character varying|1
  ceil('1e10'::float4) ⇒ double precision|10000000000
  power(44.648::float8,3.85::float8) ⇒ double precision|2247696.8482518527
  round('-4897948472189235737207.00000000000000'::numeric,15) ⇒ numeric|-4897948472189235737207.000000000000000
  ln(abs('62363.000000'::numeric)) ⇒ numeric|11.040727429775957
  ln(abs('7041.5'::numeric)) ⇒ numeric|8.8595764946381050
  ln('7'::int4) ⇒ double precision|1.9459101490553132
  div('1873286708500948.0000006'::numeric,'-23188137.7'::numeric) ⇒ numeric|-80786423
  div('0.003'::numeric,'46.007'::numeric) ⇒ numeric|0
  round('33.333333'::numeric) ⇒ numeric|33
  sqrt(abs('134224100870066694317.0000000004'::numeric)) ⇒ numeric|11585512542.3982297943
  power('8.507'::numeric,3) ⇒ numeric|615.6434998430000000
  ln(abs('-409760114951029039476339.00000000000007'::numeric)) ⇒ numeric|54.369858855858713
  power('19.443'::numeric,30) ⇒ numeric|460148790883907863550382954826591456745.0984981238541596
  div('58120884674.0000000000000008'::numeric,'-1.00000000008'::numeric) ⇒ numeric|-58120884669
  ln(abs('1.05'::numeric)) ⇒ numeric|0.048790164169432003
  '-2147483648'::int8::numeric(5,5) ⇒ ERROR 22003 numeric field overflow
  round('-270037072041894891595.000000002'::numeric,9) ⇒ numeric|-270037072041894891595.000000002
  ln(abs('47111438878707452001.000000000000010'::numeric)) ⇒ numeric|45.299047509095413
  abs('10'::int4) ⇒ integer|10
  log(12,'35.696'::numeric) ⇒ numeric|1.4387013846154667
  round('-32768'::int4) ⇒ double precision|-32768
  power('13.648'::numeric,'-7.53'::numeric) ⇒ numeric|0.000000002837463776128749
  log(8,'47.866'::numeric) ⇒ numeric|1.8603097816096372
  '12345678901234567890.12345678901234567890'::numeric::numeric(10,2) ⇒ ERROR 22003 numeric field overflow
  log('2'::int4) ⇒ double precision|0.3010299956639812
  sqrt(abs('84419415208341.0008'::numeric)) ⇒ numeric|9188003.875072159
  round('257171215017231593.000000001'::numeric,6) ⇒ numeric|257171215017231593.000000
  power('12.966'::numeric,'16.44'::numeric) ⇒ numeric|1970293496648397439.251
  ceil('123456789.123456789'::numeric) ⇒ numeric|123456790
  sqrt(abs('523284409062855305620005.00000000010'::numeric)) ⇒ numeric|723383998345.86837895492
  sqrt(abs('-36187078197113203754052.6'::numeric)) ⇒ numeric|190229015129.43078
  log(6,'25.260'::numeric) ⇒ numeric|1.8022631789486750
  power(50.91::float8,-20.14::float8) ⇒ double precision|4.2168254629700416e-35
  round('-6316391.00000000000004'::numeric,12) ⇒ numeric|-6316391.000000000000
  log('-2147483648'::int8) ⇒ ERROR 2201E cannot take logarithm of a negative number
  ln('10'::int2) ⇒ double precision|2.302585092994046
  exp('-6.64'::numeric) ⇒ numeric|0.001307027243836387
  log(6,'5.112'::numeric) ⇒ numeric|0.9106081173820575
  exp('2.85'::numeric) ⇒ numeric|17.287781840567639
  round('827.00001'::numeric,10) ⇒ numeric|827.0000100000
  round('-Infinity'::numeric::numeric,1) ⇒ numeric|-Infinity
  power('19.318'::numeric,'-1.65'::numeric) ⇒ numeric|0.007553746971621286
  ln(abs('5263106935185436053374159.00000005'::numeric)) ⇒ numeric|56.922763756317106
  ln(abs('-54566130792223455444933.00000000000000000004'::numeric)) ⇒ numeric|52.35370032799002591408
  """#
