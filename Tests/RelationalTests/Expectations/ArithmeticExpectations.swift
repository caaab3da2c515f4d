/// Operators and conversions of numbers, sampled from some twenty thousand.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let arithmeticExpectations = #"""
  '1.0'::numeric % '7'::int4 ⇒ numeric|1.0
  '1.234567e-1'::float8::numeric ⇒ numeric|0.1234567
  '586.4558017880822'::float8::numeric ⇒ numeric|586.455801788082
  '405133.000000001'::numeric - '213105.000002'::numeric ⇒ numeric|192027.999998001
  '262.6257501220723'::float8::int4 ⇒ integer|263
  '-Infinity'::numeric < 'Infinity'::numeric ⇒ boolean|t
  '1.0'::numeric < 'NaN'::numeric ⇒ boolean|t
  'Infinity'::float4 % '-7'::int4 ⇒ ERROR 42883 operator does not exist: real % integer
  '-32768'::int8 / '10'::int4 ⇒ bigint|-3276
  '10'::int4::bool ⇒ boolean|t
  '100'::int8::numeric ⇒ numeric|100
  '-662.3737302685946'::float8::int4 ⇒ integer|-662
  '44564614624936475.7'::numeric % '6.0000000'::numeric ⇒ numeric|5.7000000
  '32767'::int8::bool ⇒ ERROR 42846 cannot cast type bigint to boolean
  '-7'::int8 + '2'::int8 ⇒ bigint|-5
  '-687.0664198723329'::float8::numeric ⇒ numeric|-687.066419872333
  '1e300'::float8 = '-32768'::int8 ⇒ boolean|f
  '-850.5891571345987'::float8::numeric ⇒ numeric|-850.589157134599
  '2147483647'::int4 + '10'::int4 ⇒ ERROR 22003 integer out of range
  '-0.0000000001'::numeric + '10'::int4 ⇒ numeric|9.9999999999
  '9211150365714.04'::numeric + '-84218755.05'::numeric ⇒ numeric|9211066146958.99
  '1873286708500948.0000006'::numeric - '-23188137.7'::numeric ⇒ numeric|1873286731689085.7000006
  '1.234567e11'::float8::numeric ⇒ numeric|123456700000
  '15.660608194588463'::float8::int4 ⇒ integer|16
  '10'::int4 >= '7'::int2 ⇒ boolean|t
  '514898713.0000009'::numeric + '-470484086722.0000000005'::numeric ⇒ numeric|-469969188008.9999991005
  '-9774106.005'::numeric + '8924363694.000000000010'::numeric ⇒ numeric|8914589587.995000000010
  '984.9687366300129'::float8::int4 ⇒ integer|985
  '971.545575716146'::float8::numeric ⇒ numeric|971.545575716146
  '750.4432605629654'::float8::numeric ⇒ numeric|750.443260562965
  '-0.0000000001'::numeric <> '2147483647'::int8 ⇒ boolean|t
  '-612.8734363785372'::float8::int4 ⇒ integer|-613
  '10'::int8 < 'Infinity'::numeric ⇒ boolean|t
  '237.13241400327252'::float8::numeric ⇒ numeric|237.132414003273
  '491.63714534321866'::float8::numeric ⇒ numeric|491.637145343219
  '0.1'::float8 * '7'::numeric ⇒ double precision|0.7000000000000001
  '383.7340098649554'::float4::numeric ⇒ numeric|383.734
  '-161.34754186396538'::float8::numeric ⇒ numeric|-161.347541863965
  '-2147483648'::int8 <> '7'::numeric ⇒ boolean|t
  '390.3693201919316'::float8::numeric ⇒ numeric|390.369320191932
  '-919.9479743781136'::float8::numeric ⇒ numeric|-919.947974378114
  '-7'::int8 * '-1'::int8 ⇒ bigint|7
  '229497177575620.0000000001'::numeric / '-35182.00000006'::numeric ⇒ numeric|-6523141878.6660397785
  '32767'::int2::numeric ⇒ numeric|32767
  '7'::int4 >= '-1'::int2 ⇒ boolean|t
  '-1'::int2 = '0.5'::numeric ⇒ boolean|f
  '0.1'::float4 / '33.333333'::numeric ⇒ double precision|0.003000000074703484
  '935.2626571152962'::float8::numeric ⇒ numeric|935.262657115296
  '59699762327556.009'::numeric % '-99467667083048.000000000005'::numeric ⇒ numeric|59699762327556.009000000000
  '-641.6290623059'::float8::numeric ⇒ numeric|-641.6290623059
  '0.1'::float4 * '-7'::int4 ⇒ double precision|-0.7000000104308128
  '-5040946.04'::numeric - '94.00000000006'::numeric ⇒ numeric|-5041040.04000000006
  '264.798447837562'::float4::numeric ⇒ numeric|264.798
  '7'::numeric <> '123456789.123456789'::numeric ⇒ boolean|t
  '-406.5185408993981'::float8::numeric ⇒ numeric|-406.518540899398
  '158226304904.000000000'::numeric + '90483081.00000000009'::numeric ⇒ numeric|158316787985.00000000009
  '3920688165419.00002'::numeric % '39.000005'::numeric ⇒ numeric|17.735565
  '-689.6218491359155'::float8::int4 ⇒ integer|-690
  '466.63723702958737'::float8::numeric ⇒ numeric|466.637237029587
  '196.50170828535283'::float8::numeric ⇒ numeric|196.501708285353
  '1e10'::float8 - '10'::int2 ⇒ double precision|9999999990
  'Infinity'::numeric <> '0'::numeric ⇒ boolean|t
  '1e10'::numeric >= '0.5'::numeric ⇒ boolean|t
  '486.8122652990294'::float8::int4 ⇒ integer|487
  '2'::int2 / '-1'::int8 ⇒ bigint|-2
  '2.5'::numeric / '2'::int4 ⇒ numeric|1.25000000000000000000
  '-878.5674498979126'::float4::numeric ⇒ numeric|-878.567
  '-94073.0000000000006'::numeric - '-8765453.00000000007'::numeric ⇒ numeric|8671380.0000000000694
  '-318.624943551594'::float8::numeric ⇒ numeric|-318.624943551594
  '1'::int4 * '2'::int8 ⇒ bigint|2
  '853.1304709928547'::float8::int4 ⇒ integer|853
  '-1.5'::float4::text ⇒ text|-1.5
  '-7'::int8 - 'Infinity'::numeric ⇒ numeric|-Infinity
  '992.0023416102983'::float4::numeric ⇒ numeric|992.002
  '692.033750355934'::float8::int4 ⇒ integer|692
  '-889.0820450533097'::float8::numeric ⇒ numeric|-889.08204505331
  'Infinity'::float8 >= '1e10'::numeric ⇒ boolean|t
  '-7458732157.000000000000006'::numeric + '8014.004'::numeric ⇒ numeric|-7458724142.996000000000006
  '100'::int4 - '-7'::int4 ⇒ integer|107
  '1'::float8::int8 ⇒ bigint|1
  '-33026.000000005'::numeric - '409334456071462.008'::numeric ⇒ numeric|-409334456104488.008000005
  '-524.5684113117882'::float8::int4 ⇒ integer|-525
  '-872.9165143920923'::float8::int4 ⇒ integer|-873
  '3.14'::float8::int4 ⇒ integer|3
  '65.0000000000000007'::numeric % '-29877171661029.00000'::numeric ⇒ numeric|65.0000000000000007
  '644.5625589629108'::float8::numeric ⇒ numeric|644.562558962911
  'NaN'::float4 <> '2'::int4 ⇒ boolean|t
  '-776.5583338765823'::float8::numeric ⇒ numeric|-776.558333876582
  '73919.000001'::numeric - '5955.000000000009'::numeric ⇒ numeric|67964.000000999991
  '-408.4259722816412'::float8::int4 ⇒ integer|-408
  '-629.1895372170097'::float8::numeric ⇒ numeric|-629.18953721701
  '-1'::int4 >= '0.5'::numeric ⇒ boolean|f
  '-43.49353896082903'::float8::numeric ⇒ numeric|-43.493538960829
  '-2501.10'::numeric - '2830.0000000001'::numeric ⇒ numeric|-5331.1000000001
  '-5040946.04'::numeric % '94.00000000006'::numeric ⇒ numeric|-8.03999678238
  '-65949.000000000000004'::numeric / '0.06'::numeric ⇒ numeric|-1099150.000000000000067
  '99999999999999999999'::numeric + '-32768'::int8 ⇒ numeric|99999999999999967231
  '882.5407194674717'::float4::numeric ⇒ numeric|882.541
  '803.1606497895104'::float8::numeric ⇒ numeric|803.16064978951
  '74375368777.0007'::numeric % '7911516629323.00000000002'::numeric ⇒ numeric|74375368777.00070000000
  '-7'::int4 - '-2.5'::numeric ⇒ numeric|-4.5
  '899.5971493286647'::float4::numeric ⇒ numeric|899.597
  'Infinity'::float8::text ⇒ text|Infinity
  '-42516516346256033171.00006'::numeric / '3853483.000000000006'::numeric ⇒ numeric|-11033269472385.380473924614
  '-464.455375801361'::float4::numeric ⇒ numeric|-464.455
  '-587.6489365298853'::float8::numeric ⇒ numeric|-587.648936529885
  '97.2084779018312'::float4::numeric ⇒ numeric|97.2085
  '-796.8518243720857'::float4::numeric ⇒ numeric|-796.852
  '-748.6073151691747'::float4::numeric ⇒ numeric|-748.607
  '179.31768169032557'::float8::int4 ⇒ integer|179
  '3.14159265358979'::numeric / 'Infinity'::numeric ⇒ numeric|0
  '60.107242068155074'::float8::numeric ⇒ numeric|60.1072420681551
  '-945.9905987572439'::float8::numeric ⇒ numeric|-945.990598757244
  '-777.9421099037688'::float8::int4 ⇒ integer|-778
  '-Infinity'::numeric::bool ⇒ ERROR 42846 cannot cast type numeric to boolean
  '7'::int8::int8 ⇒ bigint|7
  '1e10'::numeric < '32767'::int8 ⇒ boolean|f
  '3.14159265358979'::numeric >= '1e10'::numeric ⇒ boolean|f
  '369.4221891801062'::float8::int4 ⇒ integer|369
  '-5.0000005'::numeric - '-2348503867653.7'::numeric ⇒ numeric|2348503867648.6999995
  '-32768'::int8 <> '-2.5'::numeric ⇒ boolean|t
  '-188.4847005044188'::float8::numeric ⇒ numeric|-188.484700504419
  '-813224136.000000000000000002'::numeric / '-70914703.0000000006'::numeric ⇒ numeric|11.467637902960687759
  '0.1'::float4 = '-32768'::int2 ⇒ boolean|f
  '-243.01558632383126'::float4::numeric ⇒ numeric|-243.016
  '-163.15249170163202'::float4::numeric ⇒ numeric|-163.152
  '-439.2303978112262'::float8::int4 ⇒ integer|-439
  '508.0753320798317'::float8::int4 ⇒ integer|508
  '-301.99728613851494'::float8::int4 ⇒ integer|-302
  '-2537597134858186232172900.000003'::numeric - '-2798.004'::numeric ⇒ numeric|-2537597134858186232170101.996003
  '10'::int8 + '-32768'::int2 ⇒ bigint|-32758
  '1e300'::float8 + '-7'::int4 ⇒ double precision|1e+300
  '2147483647'::int4::bool ⇒ boolean|t
  '-258.00000000000000000010'::numeric / '1.00000000006'::numeric ⇒ numeric|-257.99999998452000000103
  '9223372036854775807'::int8 = '1'::int2 ⇒ boolean|f
  '-821.0000000003'::numeric % '37050601500722.0000000004'::numeric ⇒ numeric|-821.0000000003
  '-466.0326832209123'::float8::numeric ⇒ numeric|-466.032683220912
  '7'::int8 < '1'::int8 ⇒ boolean|f
  '21685075878775.000001'::numeric * '71.000000000003'::numeric ⇒ numeric|1539640387393090.055298636325000003
  '1e-300'::float8 - '-32768'::int2 ⇒ double precision|32768
  '-32768'::int2 / '2147483647'::int8 ⇒ bigint|0
  '3.14'::float4 * '99999999999999999999'::numeric ⇒ double precision|3.140000104904175e+20
  '-939.9287361550057'::float4::numeric ⇒ numeric|-939.929
  '-434.20705143220766'::float4::numeric ⇒ numeric|-434.207
  '-513.9961416974033'::float8::int4 ⇒ integer|-514
  '1e10'::numeric + '7'::int4 ⇒ numeric|10000000007
  '160403673912591.0001'::numeric % '41073684497805.5'::numeric ⇒ numeric|37182620419174.5001
  '-2105234146076.00000000000006'::numeric % '0.000003'::numeric ⇒ numeric|-0.00000200000006
  '10'::int2 >= '1.0'::numeric ⇒ boolean|t
  '802.5282484906857'::float4::numeric ⇒ numeric|802.528
  '-1.5'::numeric <> '32767'::int4 ⇒ boolean|t
  '-69.07405792609336'::float4::numeric ⇒ numeric|-69.0741
  '1.0'::numeric < '10'::int4 ⇒ boolean|t
  '2'::int8 < '1e10'::numeric ⇒ boolean|t
  '7'::int4 % '1'::int4 ⇒ integer|0
  '211.71378637253383'::float4::numeric ⇒ numeric|211.714
  '0'::float4 >= 'NaN'::numeric ⇒ boolean|f
  '-555.106324428655'::float4::numeric ⇒ numeric|-555.106
  '1.5e20'::numeric ⇒ numeric|150000000000000000000
  '999.5808227916557'::float4::numeric ⇒ numeric|999.581
  '-968.0719206432804'::float8::numeric ⇒ numeric|-968.07192064328
  '-637.4252080828996'::float8::int4 ⇒ integer|-637
  '10'::int4 % '-1.5'::numeric ⇒ numeric|1.0
  '51.0000000006'::numeric % '-108670112.008'::numeric ⇒ numeric|51.0000000006
  '752028006304.00000000000000000003'::numeric % '0.000002'::numeric ⇒ numeric|0.00000000000000000003
  '0.001'::numeric = '-7'::int8 ⇒ boolean|f
  '-562.9973079123563'::float8::numeric ⇒ numeric|-562.997307912356
  '-5.00000000008'::numeric % '7.00000010'::numeric ⇒ numeric|-5.00000000008
  '1.5e-28'::numeric ⇒ numeric|0.00000000000000000000000000015
  '521.2151352756575'::float8::numeric ⇒ numeric|521.215135275658
  '-345.06334305499854'::float8::numeric ⇒ numeric|-345.063343054999
  '978.7008393959059'::float4::numeric ⇒ numeric|978.701
  '-2147483648'::int8 * '-7'::int2 ⇒ bigint|15032385536
  '-1521445697.000000004'::numeric % '2663.0010'::numeric ⇒ numeric|-1324.673000004
  '640.7185001097198'::float4::numeric ⇒ numeric|640.719
  '-358.4101470873966'::float4::numeric ⇒ numeric|-358.41
  '48819147.000000000000006'::numeric * '-698747618.06'::numeric ⇒ numeric|-34112262681970994.82000419248570836
  '-264.20944867671165'::float4::numeric ⇒ numeric|-264.209
  '471.01160677101507'::float8::numeric ⇒ numeric|471.011606771015
  '1.5e1'::numeric ⇒ numeric|15
  '1.234567e-21'::float8::numeric ⇒ numeric|0.000000000000000000001234567
  '-385.4681897147076'::float4::numeric ⇒ numeric|-385.468
  '100'::int4 < '-2.5'::numeric ⇒ boolean|f
  '1e-20'::numeric = '3.14159265358979'::numeric ⇒ boolean|f
  '887.3291132628613'::float8::numeric ⇒ numeric|887.329113262861
  '265.3742786751104'::float4::numeric ⇒ numeric|265.374
  '21765351660.00000000010'::numeric / '-63089465.000000000002'::numeric ⇒ numeric|-344.9918565643249630
  '-47.43151830544923'::float8::int4 ⇒ integer|-47
  '-422.49759103688154'::float8::int4 ⇒ integer|-422
  '-654.2826765606908'::float4::numeric ⇒ numeric|-654.283
  '32767'::int8 >= '100'::int8 ⇒ boolean|t
  '-333.4428700560645'::float8::numeric ⇒ numeric|-333.442870056065
  'Infinity'::float8 = '0.001'::numeric ⇒ boolean|f
  '587.009'::numeric + '-60418342802.0000001'::numeric ⇒ numeric|-60418342214.9910001
  '7'::int2::int4 ⇒ integer|7
  '-678.682406752444'::float8::numeric ⇒ numeric|-678.682406752444
  '-0.00000000008'::numeric + '-342075030569.00000000003'::numeric ⇒ numeric|-342075030569.00000000011
  '594224630605.000000000000000007'::numeric / '736130924453661.04'::numeric ⇒ numeric|0.00080722682727399269
  '0.5'::numeric <> '1'::int4 ⇒ boolean|t
  '10.166749395825263'::float4::numeric ⇒ numeric|10.1667
  '-3.099209293305762'::float8::int4 ⇒ integer|-3
  '-62.0000000000000000003'::numeric * '2147939.000008'::numeric ⇒ numeric|-133172218.0004960000006443817000024
  '-510.79484747504944'::float4::numeric ⇒ numeric|-510.795
  '1e10'::float8 >= '10'::int2 ⇒ boolean|t
  '480952453461643.000000010'::numeric - '8621649.0000001'::numeric ⇒ numeric|480952444839993.999999910
  '-8660.0005'::numeric / '39.0000000004'::numeric ⇒ numeric|-222.0512948695174226
  '-65949.000000000000004'::numeric * '0.06'::numeric ⇒ numeric|-3956.94000000000000024
  '-680.8417283570157'::float8::int4 ⇒ integer|-681
  '-844.7543495478249'::float8::numeric ⇒ numeric|-844.754349547825
  '1e10'::numeric::bool ⇒ ERROR 42846 cannot cast type numeric to boolean
  '564.1481370998436'::float4::numeric ⇒ numeric|564.148
  '437.3578622102657'::float4::numeric ⇒ numeric|437.358
  '-767.6680514316037'::float4::numeric ⇒ numeric|-767.668
  '1e10'::float4 + '7'::int8 ⇒ double precision|10000000007
  '48819147.000000000000006'::numeric - '-698747618.06'::numeric ⇒ numeric|747566765.060000000000006
  '728.8598349728968'::float8::numeric ⇒ numeric|728.859834972897
  '1.5e10'::numeric ⇒ numeric|15000000000
  '-314.7171150090013'::float8::int4 ⇒ integer|-315
  '-688.6784471406427'::float8::numeric ⇒ numeric|-688.678447140643
  '1'::int4 <> '-32768'::int4 ⇒ boolean|t
  '-349.0283770329256'::float8::numeric ⇒ numeric|-349.028377032926
  '-450.30370792263886'::float4::numeric ⇒ numeric|-450.304
  '-4902479961187.0000000004'::numeric - '-732.000000006'::numeric ⇒ numeric|-4902479960454.9999999944
  '3.14'::float4 - '-1.5'::numeric ⇒ double precision|4.640000104904175
  '84419415208341.0008'::numeric % '-67047125.00000001'::numeric ⇒ numeric|44885215.98820895
  '-6.000000006'::numeric + '-44793409995.04'::numeric ⇒ numeric|-44793410001.040000006
  '230.71278848746397'::float8::int4 ⇒ integer|231
  '-93.1235262363424'::float4::numeric ⇒ numeric|-93.1235
  '-27995818814635256582588.5'::numeric / '-6299.000000000'::numeric ⇒ numeric|4444486238233887376.184870614
  '-690.9826818535139'::float8::numeric ⇒ numeric|-690.982681853514
  '-1'::int4 - '2'::int8 ⇒ bigint|-3
  '-81.81175412565472'::float4::numeric ⇒ numeric|-81.8118
  '-847.6893470383067'::float8::int4 ⇒ integer|-848
  '-857.0312599823309'::float4::numeric ⇒ numeric|-857.031
  '692.033750355934'::float4::numeric ⇒ numeric|692.034
  '7'::int2 = '-1'::int2 ⇒ boolean|f
  '-608366433051748410.000000000003'::numeric % '6.00006'::numeric ⇒ numeric|-5.460780000003
  'NaN'::float8 = '100'::int2 ⇒ boolean|f
  '-738.4322397350597'::float4::numeric ⇒ numeric|-738.432
  '397.4671181974729'::float4::numeric ⇒ numeric|397.467
  '-283.51434911590684'::float4::numeric ⇒ numeric|-283.514
  '-1.5'::numeric + '-1'::int4 ⇒ numeric|-2.5
  '7867311096552934567.0007'::numeric % '-8.3'::numeric ⇒ numeric|2.8007
  '170598723037989.4'::numeric % '19871.000000000000'::numeric ⇒ numeric|9879.400000000000
  '398.0462976075978'::float8::int4 ⇒ integer|398
  '99999999999999999999'::numeric / '2'::int2 ⇒ numeric|50000000000000000000
  '604.000000000000003'::numeric / '925119568.00006'::numeric ⇒ numeric|0.000000652888578830667248
  '337.41640955538014'::float8::int4 ⇒ integer|337
  '784.4858016967985'::float8::numeric ⇒ numeric|784.485801696798
  '-214.000000000000001'::numeric - '716605801585.000003'::numeric ⇒ numeric|-716605801799.000003000000001
  '-445.11980218399333'::float4::numeric ⇒ numeric|-445.12
  '93.37951318374417'::float8::numeric ⇒ numeric|93.3795131837442
  '32767'::int2 < '100'::int8 ⇒ boolean|f
  '-296.30325646330084'::float8::int4 ⇒ integer|-296
  '-97.95962111393044'::float4::numeric ⇒ numeric|-97.9596
  '-513.2794125017483'::float8::int4 ⇒ integer|-513
  '432889.0000000003'::numeric * '895543640.00000007'::numeric ⇒ numeric|387670990775960.298965322000000021
  '1.5e35'::numeric ⇒ numeric|150000000000000000000000000000000000
  '605.6911198646426'::float8::numeric ⇒ numeric|605.691119864643
  '-7'::int2 < '100'::int2 ⇒ boolean|t
  '10'::int2 % '2147483647'::int4 ⇒ integer|10
  '-258969091.000000000000010'::numeric * '88.0001'::numeric ⇒ numeric|-22789305904.9091000000008800010
  '-805.1125786024278'::float8::numeric ⇒ numeric|-805.112578602428
  '123456.789'::float4 <> '2'::int4 ⇒ boolean|t
  '99999999999999999999'::numeric < '-32768'::int4 ⇒ boolean|f
  '10'::int4 = '-1'::int8 ⇒ boolean|f
  '0'::int4 / '9223372036854775807'::int8 ⇒ bigint|0
  '21657991.0000000000000004'::numeric + '-3499.000004'::numeric ⇒ numeric|21654491.9999960000000004
  '-1'::int4 >= '2.5'::numeric ⇒ boolean|f
  '1.5e-36'::numeric ⇒ numeric|0.0000000000000000000000000000000000015
  '-53.96884732270155'::float8::numeric ⇒ numeric|-53.9688473227015
  '-223.1816095005497'::float8::int4 ⇒ integer|-223
  '93219446.00007'::numeric % '-0.0010'::numeric ⇒ numeric|0.00007
  '3.14159265358979'::numeric <> '-0.0000000001'::numeric ⇒ boolean|t
  '7'::int4 >= '7'::int8 ⇒ boolean|t
  '-44.58680647385256'::float8::int4 ⇒ integer|-45
  '-878.83795676497'::float8::numeric ⇒ numeric|-878.83795676497
  '-654.2826765606908'::float8::int4 ⇒ integer|-654
  '-2.5'::numeric + '7'::int4 ⇒ numeric|4.5
  '468.2634779578209'::float8::numeric ⇒ numeric|468.263477957821
  '32767'::int4 = '7'::numeric ⇒ boolean|f
  '32767'::int4::numeric ⇒ numeric|32767
  '959.2030276331316'::float4::numeric ⇒ numeric|959.203
  '550345941372626760838.0'::numeric - '843584329545.00000002'::numeric ⇒ numeric|550345940529042431292.99999998
  '0'::float4 - '0'::int8 ⇒ double precision|0
  '-76150224862606728863414.05'::numeric % '769517268610.03'::numeric ⇒ numeric|-3801581834.09
  '-Infinity'::float4 = '1e-20'::numeric ⇒ boolean|f
  '2'::int8 >= '99999999999999999999'::numeric ⇒ boolean|f
  '58120884674.0000000000000008'::numeric / '-1.00000000008'::numeric ⇒ numeric|-58120884669.3503292264519745
  '32767'::int2 <> '0'::int4 ⇒ boolean|t
  '25.40275376059094'::float8::numeric ⇒ numeric|25.4027537605909
  '942.4464142897407'::float8::numeric ⇒ numeric|942.446414289741
  '2'::int8 % '0'::int2 ⇒ ERROR 22012 division by zero
  '-3233554.03'::numeric % '818837874581.000000008'::numeric ⇒ numeric|-3233554.030000000
  '766.3814520228052'::float4::numeric ⇒ numeric|766.381
  '-Infinity'::float4::int2 ⇒ ERROR 22003 smallint out of range
  '2147483647'::int4 < '-32768'::int8 ⇒ boolean|f
  '-610482.000000000004'::numeric * '-3816538542.0000003'::numeric ⇒ numeric|2329928082197244.1984107541680000012
  '1e-20'::numeric::text ⇒ text|0.00000000000000000001
  '0'::numeric = '2.5'::numeric ⇒ boolean|f
  '-681.6877989201844'::float4::numeric ⇒ numeric|-681.688
  '675.4479400009454'::float4::numeric ⇒ numeric|675.448
  '-46462.000000010'::numeric + '152253.0010'::numeric ⇒ numeric|105791.000999990
  '154.24638097433171'::float8::numeric ⇒ numeric|154.246380974332
  '482.84998678620195'::float4::numeric ⇒ numeric|482.85
  '0'::int4::bool ⇒ boolean|f
  'Infinity'::numeric::oid ⇒ ERROR 42846 cannot cast type numeric to oid
  '849.0000001'::numeric * '12.000003'::numeric ⇒ numeric|10188.0025482000003
  '861.520574677872'::float8::int4 ⇒ integer|862
  '123456.789'::float8 < '-32768'::int4 ⇒ boolean|f
  '-29.953761086027384'::float8::int4 ⇒ integer|-30
  '849.0000001'::numeric / '12.000003'::numeric ⇒ numeric|70.7499823208377531
  '2'::int4 < '2'::int2 ⇒ boolean|f
  '-Infinity'::float8 % '1e-20'::numeric ⇒ ERROR 42883 operator does not exist: double precision % numeric
  '35.410787586612514'::float4::numeric ⇒ numeric|35.4108
  '-1.00000000000006'::numeric * '-904856262.000008'::numeric ⇒ numeric|904856262.00006229137572000048
  '0.1'::float8 * '1e10'::numeric ⇒ double precision|1000000000
  '-86.32082220770985'::float4::numeric ⇒ numeric|-86.3208
  '7'::numeric * '0'::int2 ⇒ numeric|0
  '42104996345279.0000010'::numeric * '-4091702061.4'::numeric ⇒ numeric|-172281100341217550462222.30206140
  '-7'::int2 - '10'::int4 ⇒ integer|-17
  '-879.5724835266536'::float4::numeric ⇒ numeric|-879.573
  '-5.0000005'::numeric * '-2348503867653.7'::numeric ⇒ numeric|11742520512520.43382685
  '-71284814808982550134613.0000000000009'::numeric % '-8946.00000000003'::numeric ⇒ numeric|-1491.5278929876509
  '1.234567e-5'::float8::numeric ⇒ numeric|0.00001234567
  '7'::int8 >= '100'::int8 ⇒ boolean|f
  '508.0753320798317'::float4::numeric ⇒ numeric|508.075
  '792.5024275325945'::float8::numeric ⇒ numeric|792.502427532595
  '-43.46009610567239'::float8::int4 ⇒ integer|-43
  '1e10'::float8 <> '-7'::int4 ⇒ boolean|t
  '-680.8417283570157'::float8::numeric ⇒ numeric|-680.841728357016
  '408.3368934042892'::float8::numeric ⇒ numeric|408.336893404289
  '1'::int2 * '-32768'::int2 ⇒ smallint|-32768
  '679.7060314951707'::float8::numeric ⇒ numeric|679.706031495171
  '-4679.00000005'::numeric * '956292774564989.4'::numeric ⇒ numeric|-4474493892237400041.328249470
  '-7'::int2 = '-7'::int4 ⇒ boolean|t
  '3.14159265358979'::numeric - '-7'::int2 ⇒ numeric|10.14159265358979
  '-453.01007979498945'::float4::numeric ⇒ numeric|-453.01
  '10'::int8::int4 ⇒ integer|10
  '509.36418234047915'::float8::int4 ⇒ integer|509
  '757.3895366569652'::float8::int4 ⇒ integer|757
  '3.14'::float4 * '-2.5'::numeric ⇒ double precision|-7.850000262260437
  '7'::int8 + 'Infinity'::numeric ⇒ numeric|Infinity
  '-2147483648'::int4 - '10'::int8 ⇒ bigint|-2147483658
  '709.3750617431176'::float4::numeric ⇒ numeric|709.375
  '945.2097364752894'::float8::int4 ⇒ integer|945
  '-32768'::int8::text ⇒ text|-32768
  '638.3057824494044'::float8::int4 ⇒ integer|638
  '195.6322379941805'::float8::numeric ⇒ numeric|195.632237994181
  '99999999999999999999'::numeric <> '3.14159265358979'::numeric ⇒ boolean|t
  '32767'::int8::oid ⇒ oid|32767
  '-1'::int8 / '-7'::int8 ⇒ bigint|0
  '-155.4937696307952'::float8::numeric ⇒ numeric|-155.493769630795
  '1.234567e-26'::float8::numeric ⇒ numeric|0.00000000000000000000000001234567
  '484.11775331237254'::float4::numeric ⇒ numeric|484.118
  '280.4198581522742'::float8::numeric ⇒ numeric|280.419858152274
  '-4692273830482186934287.00007'::numeric - '57801.00009'::numeric ⇒ numeric|-4692273830482186992088.00016
  '-7'::int2 = '10'::int4 ⇒ boolean|f
  '-730.8416320781681'::float8::numeric ⇒ numeric|-730.841632078168
  '1'::int4 = '100'::int4 ⇒ boolean|f
  '178255449830061611574196.000000000000000003'::numeric % '-65.000008'::numeric ⇒ numeric|36.769488000000000003
  '-917.8049718966847'::float8::int4 ⇒ integer|-918
  '-856.4811773774046'::float8::numeric ⇒ numeric|-856.481177377405
  '-557.3775223237537'::float4::numeric ⇒ numeric|-557.378
  '2.5'::numeric >= '0.001'::numeric ⇒ boolean|t
  '2'::int4 >= '-32768'::int8 ⇒ boolean|t
  '72733570213522.00000000000001'::numeric * '45.000007'::numeric ⇒ numeric|3273011168743481.49465400000045000007
  '-2147483648'::int8::int4 ⇒ integer|-2147483648
  '1429324199.0000000000001'::numeric / '43918898.000000009'::numeric ⇒ numeric|32.5446280323335915
  '-7'::int4 >= '7'::int4 ⇒ boolean|f
  '-803.6425977745878'::float8::numeric ⇒ numeric|-803.642597774588
  '134.32115246362832'::float8::int4 ⇒ integer|134
  '-9.00000000000000003'::numeric * '-7240165.04'::numeric ⇒ numeric|65161485.3600000002172049512
  '1e-300'::float8 <> '7'::int8 ⇒ boolean|t
  '-32768'::int2 >= '100'::int2 ⇒ boolean|f
  '1'::float4 - '-2147483648'::int4 ⇒ double precision|2147483649
  '2'::int2 < '10'::int4 ⇒ boolean|t
  '-521.4859575880819'::float8::int4 ⇒ integer|-521
  '-7'::int2 < '2147483647'::int4 ⇒ boolean|t
  '123456.789'::float8 >= '-32768'::int4 ⇒ boolean|t
  '656.3860770487088'::float4::numeric ⇒ numeric|656.386
  '-856.4811773774046'::float4::numeric ⇒ numeric|-856.481
  'Infinity'::float8 * '1.00'::numeric ⇒ double precision|Infinity
  '10'::int4 - '0.5'::numeric ⇒ numeric|9.5
  '-86458590724.07'::numeric % '-319027993227.00000000003'::numeric ⇒ numeric|-86458590724.07000000000
  '508.4174890256015'::float4::numeric ⇒ numeric|508.417
  '-2977350790056.000000000000'::numeric / '-60.3'::numeric ⇒ numeric|49375634992.636815920398
  '1.05'::numeric - '8422999.000000002'::numeric ⇒ numeric|-8422997.950000002
  '-7'::int8 / '-32768'::int4 ⇒ bigint|0
  '191.48956973521445'::float8::int4 ⇒ integer|191
  '284.4458692893911'::float4::numeric ⇒ numeric|284.446
  '323.87621804861806'::float4::numeric ⇒ numeric|323.876
  '-169.7958122026289'::float4::numeric ⇒ numeric|-169.796
  '-86.82653535747659'::float4::numeric ⇒ numeric|-86.8265
  '-7'::int2::int2 ⇒ smallint|-7
  '99999999999999999999'::numeric = '1'::int2 ⇒ boolean|f
  '-627.4310859685635'::float4::numeric ⇒ numeric|-627.431
  '832790818386.09'::numeric * '54584329.008'::numeric ⇒ numeric|45457328025627912130.69872
  '-116.000001'::numeric / '31818.000000000'::numeric ⇒ numeric|-0.00364573514991514237
  '-434.4473113068026'::float8::numeric ⇒ numeric|-434.447311306803
  '-264680228573927655307159.006'::numeric - '-55.00000004'::numeric ⇒ numeric|-264680228573927655307104.00599996
  '84419415208341.0008'::numeric / '-67047125.00000001'::numeric ⇒ numeric|-1259105.669457728250
  '602.0000000000001'::numeric - '17033.0000004'::numeric ⇒ numeric|-16431.0000003999999
  '9282221861971352.000004'::numeric - '-343054218294336.00000002'::numeric ⇒ numeric|9625276080265688.00000402
  '-386.7292184553588'::float8::int4 ⇒ integer|-387
  '-612.8734363785372'::float8::numeric ⇒ numeric|-612.873436378537
  '-1.5'::float8 = '9223372036854775807'::int8 ⇒ boolean|f
  '662.5468054916855'::float4::numeric ⇒ numeric|662.547
  '-978.1420795331481'::float8::numeric ⇒ numeric|-978.142079533148
  '-777.9421099037688'::float4::numeric ⇒ numeric|-777.942
  '398.9095132796924'::float4::numeric ⇒ numeric|398.91
  '4467509557191751.000008'::numeric - '-7686882236215.000001'::numeric ⇒ numeric|4475196439427966.000009
  '-293.3025239678291'::float8::int4 ⇒ integer|-293
  '235.18494085235898'::float4::numeric ⇒ numeric|235.185
  '341.30939476321146'::float4::numeric ⇒ numeric|341.309
  '0.1'::float4::numeric ⇒ numeric|0.1
  '859.4586979394544'::float4::numeric ⇒ numeric|859.459
  '-4692273830482186934287.00007'::numeric % '57801.00009'::numeric ⇒ numeric|-10895.03909
  '1'::int2 - '7'::int4 ⇒ integer|-6
  '-43.49353896082903'::float8::int4 ⇒ integer|-43
  '-35680484530051.000000001'::numeric + '-6055.00000001'::numeric ⇒ numeric|-35680484536106.000000011
  '-1'::int8::bool ⇒ ERROR 42846 cannot cast type bigint to boolean
  '-755.9637881728374'::float8::int4 ⇒ integer|-756
  '-1'::int4 >= 'NaN'::numeric ⇒ boolean|f
  '628.7924692656809'::float8::numeric ⇒ numeric|628.792469265681
  '7041.5'::numeric - '-40.00'::numeric ⇒ numeric|7081.50
  '-137.31942155019533'::float8::numeric ⇒ numeric|-137.319421550195
  '-131.2213231607351'::float8::numeric ⇒ numeric|-131.221323160735
  '0'::int2 * '3.14159265358979'::numeric ⇒ numeric|0.00000000000000
  '-562.5384741492059'::float4::numeric ⇒ numeric|-562.538
  '-200953976.0000000'::numeric * '3072676311549.00002'::numeric ⇒ numeric|-617466521766786272843.079520000000
  '-413.57519911537975'::float4::numeric ⇒ numeric|-413.575
  '-129.06797314146638'::float8::int4 ⇒ integer|-129
  '474.62693285346563'::float4::numeric ⇒ numeric|474.627
  '-2147483648'::int8 - '7'::int4 ⇒ bigint|-2147483655
  '259.4023125211172'::float4::numeric ⇒ numeric|259.402
  '-150.82361306039354'::float8::int4 ⇒ integer|-151
  '1e10'::float4 % '-7'::int4 ⇒ ERROR 42883 operator does not exist: real % integer
  '312.76036911955407'::float8::numeric ⇒ numeric|312.760369119554
  '33.333333'::numeric < '2'::int2 ⇒ boolean|f
  '-921.7368765911873'::float4::numeric ⇒ numeric|-921.737
  '922.8951711031555'::float8::numeric ⇒ numeric|922.895171103155
  '-745.601068386855'::float4::numeric ⇒ numeric|-745.601
  '-282.2366220250127'::float8::numeric ⇒ numeric|-282.236622025013
  '359.5667151597729'::float8::int4 ⇒ integer|360
  '448.72675910580733'::float8::int4 ⇒ integer|449
  '-1.5'::numeric - '7'::int2 ⇒ numeric|-8.5
  '-32768'::int8::int2 ⇒ smallint|-32768
  '-344633568371.000000000000000004'::numeric % '-359485804.04'::numeric ⇒ numeric|-246168100.680000000000000004
  '-75496281581599712364.00000000000000005'::numeric % '0.5'::numeric ⇒ numeric|-0.00000000000000005
  '222.69421994672325'::float4::numeric ⇒ numeric|222.694
  '1e10'::float8 % '-1'::int2 ⇒ ERROR 42883 operator does not exist: double precision % smallint
  '72277268711537.000000000008'::numeric - '-7052226.00000009'::numeric ⇒ numeric|72277275763763.000000090008
  '8728.0000000000000000005'::numeric + '-64847.00000000010'::numeric ⇒ numeric|-56119.0000000000999999995
  '0.001'::numeric::int4 ⇒ integer|0
  '1.234567e-6'::float8::numeric ⇒ numeric|0.000001234567
  '42104996345279.0000010'::numeric - '-4091702061.4'::numeric ⇒ numeric|42109088047340.4000010
  '15.660608194588463'::float4::numeric ⇒ numeric|15.6606
  '284.4458692893911'::float8::int4 ⇒ integer|284
  '547.9702330677603'::float4::numeric ⇒ numeric|547.97
  '22146529387.00008'::numeric + '6851894009906.09'::numeric ⇒ numeric|6874040539293.09008
  '0'::int2 >= '-7'::int2 ⇒ boolean|t
  '-2.5'::numeric::oid ⇒ ERROR 42846 cannot cast type numeric to oid
  '-505.65284488588435'::float8::numeric ⇒ numeric|-505.652844885884
  '-754.5264188204978'::float8::numeric ⇒ numeric|-754.526418820498
  '-873.8126462916689'::float4::numeric ⇒ numeric|-873.813
  '33.333333'::numeric <> '0'::int8 ⇒ boolean|t
  '-5462228209916926014.010'::numeric % '4.000006'::numeric ⇒ numeric|-1.658302
  '243.33665397887012'::float4::numeric ⇒ numeric|243.337
  '-255.60664521162857'::float4::numeric ⇒ numeric|-255.607
  '113.8230033136033'::float8::int4 ⇒ integer|114
  '-265.0164228614442'::float4::numeric ⇒ numeric|-265.016
  '2.5'::numeric - '-1.5'::numeric ⇒ numeric|4.0
  '-0.00000000000000000000'::numeric - '8.0000000005'::numeric ⇒ numeric|-8.00000000050000000000
  '3.14'::float4 + '-7'::int2 ⇒ double precision|-3.859999895095825
  '32767'::int4 * '2147483647'::int4 ⇒ ERROR 22003 integer out of range
  '32767'::int4 - '2'::int4 ⇒ integer|32765
  '35.410787586612514'::float8::numeric ⇒ numeric|35.4107875866125
  'Infinity'::float8 * '2.5'::numeric ⇒ double precision|Infinity
  '7672904422952283784652.00000002'::numeric / '-7156869756.00007'::numeric ⇒ numeric|-1072103403379.61136112
  '-857700088396407010.0004'::numeric + '1.8'::numeric ⇒ numeric|-857700088396407008.2004
  'Infinity'::float8 = '-2.5'::numeric ⇒ boolean|f
  '-936.5727478772237'::float8::int4 ⇒ integer|-937
  '0'::int8 - '10'::int8 ⇒ bigint|-10
  'Infinity'::float8 < '-7'::int4 ⇒ boolean|f
  '-1'::int2::oid ⇒ oid|4294967295
  '2.5'::numeric < '1'::int2 ⇒ boolean|f
  '534.2415436183057'::float8::numeric ⇒ numeric|534.241543618306
  '553.5133384178773'::float8::numeric ⇒ numeric|553.513338417877
  '100'::int8 / '0'::int8 ⇒ ERROR 22012 division by zero
  '1e10'::float8 % '3.14159265358979'::numeric ⇒ ERROR 42883 operator does not exist: double precision % numeric
  '114.503432264828'::float4::numeric ⇒ numeric|114.503
  '-32768'::int4::text ⇒ text|-32768
  '-4130.00000009'::numeric * '40769.0009'::numeric ⇒ numeric|-168375973.720669210081
  '58543379.000000000001'::numeric + '1648387939.00000000009'::numeric ⇒ numeric|1706931318.000000000091
  '7'::int4 - '-32768'::int2 ⇒ integer|32775
  '-782.1378816083575'::float4::numeric ⇒ numeric|-782.138
  '3.14'::float8 / '-7'::int4 ⇒ double precision|-0.44857142857142857
  'NaN'::float8 < '7'::numeric ⇒ boolean|f
  '-977.6352824575016'::float4::numeric ⇒ numeric|-977.635
  '637.7510372640504'::float8::numeric ⇒ numeric|637.75103726405
  '99999999999999999999'::numeric / '100'::int2 ⇒ numeric|1000000000000000000
  '0.5'::numeric + '-1'::int2 ⇒ numeric|-0.5
  '10'::int2 < 'Infinity'::numeric ⇒ boolean|t
  '0'::float4 <> 'Infinity'::numeric ⇒ boolean|t
  '123456.789'::float8::text ⇒ text|123456.789
  '572.3409461043666'::float4::numeric ⇒ numeric|572.341
  '-1.0000003'::numeric - '-204161745563.00000006'::numeric ⇒ numeric|204161745561.99999976
  '499.249492573834'::float8::int4 ⇒ integer|499
  '10'::int8 * '1e-20'::numeric ⇒ numeric|0.00000000000000000010
  'Infinity'::float8 - '-7'::int2 ⇒ double precision|Infinity
  '-360.0545400070256'::float8::numeric ⇒ numeric|-360.054540007026
  '-705.751535305338'::float8::int4 ⇒ integer|-706
  '-253.18842383805463'::float4::numeric ⇒ numeric|-253.188
  '-62.0000000000000000003'::numeric + '2147939.000008'::numeric ⇒ numeric|2147877.0000079999999999997
  '4375.000000000000000006'::numeric - '268467786469.00009'::numeric ⇒ numeric|-268467782094.000089999999999994
  '-1.5'::numeric % '10'::int4 ⇒ numeric|-1.5
  '32767'::int4 + '-2.5'::numeric ⇒ numeric|32764.5
  '7'::int4 - '0'::int8 ⇒ bigint|7
  'Infinity'::float8 <> '-2147483648'::int4 ⇒ boolean|t
  '-7050.10'::numeric - '-603818365.0000000'::numeric ⇒ numeric|603811314.9000000
  '736.4623945818789'::float4::numeric ⇒ numeric|736.462
  '-269.65708256062703'::float8::int4 ⇒ integer|-270
  '21685075878775.000001'::numeric % '71.000000000003'::numeric ⇒ numeric|28.083730188222
  '-1.5'::float4::numeric ⇒ numeric|-1.5
  '399.4472839651237'::float8::numeric ⇒ numeric|399.447283965124
  '899.5971493286647'::float8::numeric ⇒ numeric|899.597149328665
  '-55123.000000008'::numeric + '-481358085322195.0000010'::numeric ⇒ numeric|-481358085377318.000001008
  '190.15386715126397'::float4::numeric ⇒ numeric|190.154
  '538.5236000405068'::float8::int4 ⇒ integer|539
  '885.9405972811544'::float8::int4 ⇒ integer|886
  '100'::int2 - '-32768'::int8 ⇒ bigint|32868
  '453.1281413567042'::float8::numeric ⇒ numeric|453.128141356704
  '673.5421163136082'::float8::int4 ⇒ integer|674
  '-446.37491900016937'::float4::numeric ⇒ numeric|-446.375
  '2147483647'::int4 < '1'::int4 ⇒ boolean|f
  '980.8119985139767'::float4::numeric ⇒ numeric|980.812
  '142.53675379455422'::float8::numeric ⇒ numeric|142.536753794554
  '-660.8248421333134'::float8::int4 ⇒ integer|-661
  '-505.65284488588435'::float8::int4 ⇒ integer|-506
  """#
