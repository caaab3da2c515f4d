/// The shortest text of floating point numbers.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let floatTextExpectations = #"""
  '-505.8329401006798'::float4::float8 ⇒ double precision|-505.83294677734375
  '32767'::int2 >= '1'::float8 ⇒ boolean|t
  '6.166316740903357e-16'::float8::float4 ⇒ real|6.166317e-16
  '-7.212106714143914e-198'::float8 ⇒ double precision|-7.212106714143914e-198
  '4.5128972601019364e+32'::float8::float4 ⇒ real|4.5128973e+32
  '7.803741018563105e-109'::float8 ⇒ double precision|7.803741018563105e-109
  '374.9112221773262'::float4::float8 ⇒ double precision|374.9112243652344
  (2::float8^61)::float4 ⇒ real|2.305843e+18
  '234.54067928365998'::float4::float8 ⇒ double precision|234.54067993164062
  '441.61042916655924'::float4::float8 ⇒ double precision|441.6104431152344
  '-753.3002154355506'::float4::float8 ⇒ double precision|-753.3002319335938
  (2::float8^24)::float4 ⇒ real|1.6777216e+07
  '449.74440189016127'::float4::float8 ⇒ double precision|449.7444152832031
  '-1.7751999953164183e-72'::float8 ⇒ double precision|-1.7751999953164183e-72
  '-Infinity'::float4 >= '123456.789'::float4 ⇒ boolean|f
  '1.369297850990592e+17'::float8::float4 ⇒ real|1.36929785e+17
  '-435.3270403766936'::float4::float8 ⇒ double precision|-435.3270263671875
  '0.1'::float8 - '-Infinity'::float4 ⇒ double precision|Infinity
  '-1.555817342427466e-217'::float8 ⇒ double precision|-1.555817342427466e-217
  '1.0854563880901413e+33'::float8::float4 ⇒ real|1.0854564e+33
  '-2.390829343319528e+37'::float8::float4 ⇒ real|-2.3908293e+37
  (2::float8^-47)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '758.5909980289678'::float4::float8 ⇒ double precision|758.5910034179688
  '-730929088.0'::float8::float4 ⇒ real|-7.309291e+08
  '-0.0001056126174188648'::float8 ⇒ double precision|-0.0001056126174188648
  '102.17990112304688'::float8::float4 ⇒ real|102.1799
  '1.0'::numeric >= '1e10'::float8 ⇒ boolean|f
  '2.3029698295441384e-87'::float8 ⇒ double precision|2.3029698295441384e-87
  '0.1'::float4::float4 ⇒ real|0.1
  '5.537978319740226e-14'::float8::float4 ⇒ real|5.5379783e-14
  '62225729.64919745'::float8 ⇒ double precision|62225729.64919745
  (2::float8^-9)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '-7.272014516357642e-278'::float8 ⇒ double precision|-7.272014516357642e-278
  '-2147483648'::int4 - '0.1'::float4 ⇒ double precision|-2147483648.1
  '2.050852588002657e+30'::float8::float4 ⇒ real|2.0508526e+30
  '9.421484953832113e-32'::float8::float4 ⇒ real|9.421485e-32
  '-2.8898883311856586e+31'::float8::float4 ⇒ real|-2.8898883e+31
  '19.37573182454196'::float4::float8 ⇒ double precision|19.375732421875
  '2.0597596565293964e+34'::float8::float4 ⇒ real|2.0597597e+34
  '-5.85872193880064e+16'::float8::float4 ⇒ real|-5.858722e+16
  '-629.1895372170097'::float4::float8 ⇒ double precision|-629.1895141601562
  '-815.8452720179816'::float4::float8 ⇒ double precision|-815.8452758789062
  '8e-213'::float8 ⇒ double precision|8e-213
  '-890.7997033879595'::float4::float8 ⇒ double precision|-890.7996826171875
  '-8.765733564735771e-144'::float8 ⇒ double precision|-8.765733564735771e-144
  '-1.0184636020356547e+18'::float8::float4 ⇒ real|-1.0184636e+18
  '8.27896456661873e-149'::float8 ⇒ double precision|8.27896456661873e-149
  '7'::int4 = 'NaN'::float4 ⇒ boolean|f
  '-8.739233439888871e-31'::float8::float4 ⇒ real|-8.739233e-31
  '12.931119918823242'::float8::float4 ⇒ real|12.93112
  '6.990405645975779e-19'::float8::float4 ⇒ real|6.9904056e-19
  '100'::int4 / '1e10'::float8 ⇒ double precision|1e-08
  '-1.6931656938442854e-196'::float8 ⇒ double precision|-1.6931656938442854e-196
  (2::float8^-25)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '681.7118176948354'::float4::float8 ⇒ double precision|681.7117919921875
  '-4.6508385956093646e+209'::float8 ⇒ double precision|-4.6508385956093646e+209
  '2e-267'::float8 ⇒ double precision|2e-267
  '984.9687366300129'::float4::float8 ⇒ double precision|984.96875
  '564.7063152494366'::float4::float8 ⇒ double precision|564.706298828125
  '-533.6531936565634'::float4::float8 ⇒ double precision|-533.6531982421875
  '391.29085306293587'::float4::float8 ⇒ double precision|391.2908630371094
  '-4.1250543186933397e-224'::float8 ⇒ double precision|-4.1250543186933397e-224
  '-283.3772228474061'::float4::float8 ⇒ double precision|-283.3772277832031
  '-1.2873776804959673e+104'::float8 ⇒ double precision|-1.2873776804959673e+104
  '7e144'::float8 ⇒ double precision|7e+144
  (2::float8^-10)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '5.220042126149145e+182'::float8 ⇒ double precision|5.220042126149145e+182
  '-1.2124279267712635e+23'::float8::float4 ⇒ real|-1.2124279e+23
  '-1.0438467506438789e-22'::float8::float4 ⇒ real|-1.04384675e-22
  '0.1'::float4 = 'Infinity'::float4 ⇒ boolean|f
  '-510.79484747504944'::float4::float8 ⇒ double precision|-510.79486083984375
  '158878255808512.0'::float8::float4 ⇒ real|1.5887826e+14
  '0'::int2 / 'NaN'::float8 ⇒ double precision|NaN
  '-2.133088794104108e-202'::float8 ⇒ double precision|-2.133088794104108e-202
  '0'::int2 + '1e-300'::float8 ⇒ double precision|1e-300
  '-3.881707475279627e+83'::float8 ⇒ double precision|-3.881707475279627e+83
  '1'::int8 <> '-1.5'::float8 ⇒ boolean|t
  '2.0777193581429267e-37'::float8::float4 ⇒ real|2.0777194e-37
  '1.234567e-16'::float8 ⇒ double precision|1.234567e-16
  '-5.5929937016170565e-98'::float8 ⇒ double precision|-5.5929937016170565e-98
  '745.0329426896103'::float4::float8 ⇒ double precision|745.032958984375
  '-1'::int8 * 'NaN'::float8 ⇒ double precision|NaN
  '99999999999999999999'::numeric - '1e-300'::float8 ⇒ double precision|1e+20
  '-1.3218124928890686e-23'::float8::float4 ⇒ real|-1.3218125e-23
  '-66.07214356250131'::float4::float8 ⇒ double precision|-66.0721435546875
  '-3.176047202202754e-189'::float8 ⇒ double precision|-3.176047202202754e-189
  '5.767325157685517e+59'::float8 ⇒ double precision|5.767325157685517e+59
  '1.517406886592266e+248'::float8 ⇒ double precision|1.517406886592266e+248
  '386.76305070161175'::float4::float8 ⇒ double precision|386.7630615234375
  '2'::int8 + '0.1'::float8 ⇒ double precision|2.1
  '-371.85850257307254'::float4::float8 ⇒ double precision|-371.8584899902344
  '-2.1777064124717635e+23'::float8::float4 ⇒ real|-2.1777064e+23
  '121.99115128701123'::float4::float8 ⇒ double precision|121.99114990234375
  '1.4139500464335113e-297'::float8 ⇒ double precision|1.4139500464335113e-297
  '-5.049694155498932e+20'::float8::float4 ⇒ real|-5.049694e+20
  '-405.72042679936123'::float4::float8 ⇒ double precision|-405.7204284667969
  '1'::int8 < '1'::float8 ⇒ boolean|f
  '290.8404235839844'::float8::float4 ⇒ real|290.84042
  '6e26'::float4 ⇒ real|6e+26
  '6.347325608765698e+215'::float8 ⇒ double precision|6.347325608765698e+215
  '404.654728457876'::float4::float8 ⇒ double precision|404.65472412109375
  '6e-219'::float8 ⇒ double precision|6e-219
  '-5.651610395731228e+79'::float8 ⇒ double precision|-5.651610395731228e+79
  '-33.31623545799857'::float4::float8 ⇒ double precision|-33.31623458862305
  '7e-19'::float4 ⇒ real|7e-19
  (2::float8^-24)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '-1.206630504696476e+32'::float8::float4 ⇒ real|-1.2066305e+32
  '8.745591128865284e-06'::float8 ⇒ double precision|8.745591128865284e-06
  '1.8001810047803558e+23'::float8::float4 ⇒ real|1.800181e+23
  '0.027300270274281502'::float8::float4 ⇒ real|0.02730027
  '-981.2308895901423'::float4::float8 ⇒ double precision|-981.2308959960938
  '1.0484836573742837e-20'::float8::float4 ⇒ real|1.04848366e-20
  '991.3095883681658'::float4::float8 ⇒ double precision|991.3095703125
  '0.058365870267152786'::float8::float4 ⇒ real|0.05836587
  '-828.7913927542184'::float4::float8 ⇒ double precision|-828.7913818359375
  '-707.6018495408705'::float4::float8 ⇒ double precision|-707.6018676757812
  '-413.57519911537975'::float4::float8 ⇒ double precision|-413.5751953125
  '708.5936645571767'::float4::float8 ⇒ double precision|708.5936889648438
  '-404.25823984104215'::float4::float8 ⇒ double precision|-404.25823974609375
  '0'::int4 / '-Infinity'::float4 ⇒ double precision|-0
  '-5.273120252553964e-175'::float8 ⇒ double precision|-5.273120252553964e-175
  '3.9810971958165424e-113'::float8 ⇒ double precision|3.9810971958165424e-113
  '1e10'::numeric >= '-Infinity'::float8 ⇒ boolean|t
  '-1.5294468714580723e+31'::float8::float4 ⇒ real|-1.5294469e+31
  '-9.826146928266169e-148'::float8 ⇒ double precision|-9.826146928266169e-148
  '-Infinity'::float4 % '-Infinity'::float8 ⇒ ERROR 42883 operator does not exist: real % double precision
  '-2.9401642940541947e+275'::float8 ⇒ double precision|-2.9401642940541947e+275
  'Infinity'::numeric = '1'::float4 ⇒ boolean|f
  '-5.0018158251499945e+28'::float8::float4 ⇒ real|-5.001816e+28
  '-2.201351810384467e+193'::float8 ⇒ double precision|-2.201351810384467e+193
  '1.234567e14'::float8 ⇒ double precision|123456700000000
  '4.009356459930332e-299'::float8 ⇒ double precision|4.009356459930332e-299
  '-584.336234801132'::float4::float8 ⇒ double precision|-584.3362426757812
  '-1.0557582507988441e+166'::float8 ⇒ double precision|-1.0557582507988441e+166
  '2.3505646214172504e-12'::float8::float4 ⇒ real|2.3505646e-12
  '-11663.8818359375'::float8::float4 ⇒ real|-11663.882
  '0'::int8::float8 ⇒ double precision|0
  '2.5501432138242652e+306'::float8 ⇒ double precision|2.5501432138242652e+306
  '4.344977241999004e-06'::float8::float4 ⇒ real|4.3449772e-06
  '-286.3338477554636'::float4::float8 ⇒ double precision|-286.3338623046875
  '-519.3439804020838'::float4::float8 ⇒ double precision|-519.343994140625
  '555.7641591200395'::float4::float8 ⇒ double precision|555.76416015625
  '442.19348187636865'::float4::float8 ⇒ double precision|442.1934814453125
  '64910138540032.0'::float8::float4 ⇒ real|6.491014e+13
  '-854.3666530716472'::float4::float8 ⇒ double precision|-854.3666381835938
  '-680.8417283570157'::float4::float8 ⇒ double precision|-680.8417358398438
  '6e-324'::float8 ⇒ double precision|5e-324
  '0.001'::numeric % '-1.5'::float4 ⇒ ERROR 42883 operator does not exist: numeric % real
  '1.0994601849276105e-34'::float8::float4 ⇒ real|1.0994602e-34
  '3.4038367148074914e+80'::float8 ⇒ double precision|3.4038367148074914e+80
  '455.3784418693799'::float4::float8 ⇒ double precision|455.3784484863281
  '8.487498528788703e+48'::float8 ⇒ double precision|8.487498528788703e+48
  '-5.229282804146919e-19'::float8::float4 ⇒ real|-5.229283e-19
  '3.5893479158853435e-22'::float8::float4 ⇒ real|3.589348e-22
  '32767'::int4 >= 'Infinity'::float4 ⇒ boolean|f
  '-653.5022340010305'::float4::float8 ⇒ double precision|-653.5022583007812
  '-32768'::int4 <> '3.14'::float4 ⇒ boolean|t
  '93.37951318374417'::float4::float8 ⇒ double precision|93.3795166015625
  '-184.91785852342173'::float4::float8 ⇒ double precision|-184.91786193847656
  '1.151055579550303e+28'::float8::float4 ⇒ real|1.1510556e+28
  'NaN'::float4::float4 ⇒ real|NaN
  '3.590698372185157e+117'::float8 ⇒ double precision|3.590698372185157e+117
  '-2.566620288514041e-132'::float8 ⇒ double precision|-2.566620288514041e-132
  (2::float8^26)::float4 ⇒ real|6.7108864e+07
  '1.234567e-10'::float8 ⇒ double precision|1.234567e-10
  '8018.0703125'::float8::float4 ⇒ real|8018.0703
  '679.3949563743149'::float4::float8 ⇒ double precision|679.3949584960938
  '2147483647'::int4 = '1e10'::float8 ⇒ boolean|f
  '4.271544822109198e+29'::float8::float4 ⇒ real|4.271545e+29
  '-2.4927195659893438e+188'::float8 ⇒ double precision|-2.4927195659893438e+188
  '1.5673210417525864e-18'::float8::float4 ⇒ real|1.567321e-18
  '-66.81529032283981'::float4::float8 ⇒ double precision|-66.81529235839844
  '-677.1900775757305'::float4::float8 ⇒ double precision|-677.1900634765625
  '4.087601512491074e+283'::float8 ⇒ double precision|4.087601512491074e+283
  '69.68202014056646'::float4::float8 ⇒ double precision|69.68202209472656
  '-3.1528596021822956e-30'::float8::float4 ⇒ real|-3.1528596e-30
  '5e-50'::float4 ⇒ ERROR 22003 "5e-50" is out of range for type real
  '-9.42674858739083e+222'::float8 ⇒ double precision|-9.42674858739083e+222
  '2.973103190957464e+19'::float8::float4 ⇒ real|2.9731032e+19
  '-32768'::int8::float4 ⇒ real|-32768
  '3.728604390412776e-117'::float8 ⇒ double precision|3.728604390412776e-117
  '-207.29556227136152'::float4::float8 ⇒ double precision|-207.29556274414062
  '123456789.123456789'::numeric = '3.14'::float8 ⇒ boolean|f
  '3.7655481663405434e-172'::float8 ⇒ double precision|3.7655481663405434e-172
  '412.31128232255696'::float4::float8 ⇒ double precision|412.311279296875
  '602.3387245524375'::float4::float8 ⇒ double precision|602.3387451171875
  '550.5364965710403'::float4::float8 ⇒ double precision|550.5364990234375
  '-4.4850060550860204e+291'::float8 ⇒ double precision|-4.4850060550860204e+291
  '-2.901940786634569e-165'::float8 ⇒ double precision|-2.901940786634569e-165
  '-28621745946624.0'::float8::float4 ⇒ real|-2.8621746e+13
  '1.3283830343478186e+305'::float8 ⇒ double precision|1.3283830343478186e+305
  '-856.4811773774046'::float4::float8 ⇒ double precision|-856.481201171875
  '-43.28655935902793'::float4::float8 ⇒ double precision|-43.28656005859375
  '1.7772715183879376e-75'::float8 ⇒ double precision|1.7772715183879376e-75
  '-Infinity'::float4 / 'Infinity'::float4 ⇒ real|NaN
  '314.84633463832824'::float4::float8 ⇒ double precision|314.8463439941406
  '111.66186865784289'::float4::float8 ⇒ double precision|111.661865234375
  '3e306'::float8 ⇒ double precision|3e+306
  '-0.0020852826855213154'::float8 ⇒ double precision|-0.0020852826855213154
  '-4.061314927108481e+236'::float8 ⇒ double precision|-4.061314927108481e+236
  '-211.60489925213642'::float4::float8 ⇒ double precision|-211.6049041748047
  '-1.5'::float4 % '1e10'::float8 ⇒ ERROR 42883 operator does not exist: real % double precision
  '978.7008393959059'::float4::float8 ⇒ double precision|978.7008666992188
  '-628.6603504487844'::float4::float8 ⇒ double precision|-628.6603393554688
  '-1.2832807073702427e+34'::float8::float4 ⇒ real|-1.2832807e+34
  '522.040243487013'::float4::float8 ⇒ double precision|522.0402221679688
  '273.3974191876157'::float4::float8 ⇒ double precision|273.3974304199219
  (2::float8^45)::float4 ⇒ real|3.5184372e+13
  '9.721580094754212e-15'::float8::float4 ⇒ real|9.72158e-15
  '1.234567e17'::float8 ⇒ double precision|1.234567e+17
  '3.8248963548866566e+23'::float8::float4 ⇒ real|3.8248964e+23
  '0.00021204307267908007'::float8::float4 ⇒ real|0.00021204307
  '-1.824099006328021e+251'::float8 ⇒ double precision|-1.824099006328021e+251
  '-293.3025239678291'::float4::float8 ⇒ double precision|-293.3025207519531
  '10'::int8::float4 ⇒ real|10
  '1e300'::float8 < '1e10'::float8 ⇒ boolean|f
  '1.4918224201178605e+277'::float8 ⇒ double precision|1.4918224201178605e+277
  '183.60789964470132'::float4::float8 ⇒ double precision|183.60789489746094
  '79.81375205459312'::float4::float8 ⇒ double precision|79.81375122070312
  '0'::int2::float8 ⇒ double precision|0
  '10'::int8 - '123456.789'::float4 ⇒ double precision|-123446.7890625
  'Infinity'::numeric * '1e300'::float8 ⇒ double precision|Infinity
  '6141029.5'::float8::float4 ⇒ real|6.1410295e+06
  '-1.5'::float8 = '-1.5'::float4 ⇒ boolean|t
  '-1.9982591669688919e+254'::float8 ⇒ double precision|-1.9982591669688919e+254
  '0'::int8 * '-1.5'::float4 ⇒ double precision|-0
  '-5.631073277642053e-46'::float8 ⇒ double precision|-5.631073277642053e-46
  '-59.42667007446289'::float8::float4 ⇒ real|-59.42667
  '-3.566327330940389e+27'::float8::float4 ⇒ real|-3.5663273e+27
  '-1.1221468451921346e-279'::float8 ⇒ double precision|-1.1221468451921346e-279
  '1.234567e21'::float8 ⇒ double precision|1.234567e+21
  '1'::int8 <> 'NaN'::float8 ⇒ boolean|t
  '-435.86343574554485'::float4::float8 ⇒ double precision|-435.8634338378906
  '-4.470894095505604e+177'::float8 ⇒ double precision|-4.470894095505604e+177
  '1.0142162853992083e+26'::float8::float4 ⇒ real|1.0142163e+26
  '-2.995726571299217e-224'::float8 ⇒ double precision|-2.995726571299217e-224
  '2.0684048549456102e-13'::float8::float4 ⇒ real|2.0684049e-13
  '3.737475436188464e-112'::float8 ⇒ double precision|3.737475436188464e-112
  '2.524314637350306e+33'::float8::float4 ⇒ real|2.5243146e+33
  '307.2026585376559'::float4::float8 ⇒ double precision|307.2026672363281
  '-139.7873490035497'::float4::float8 ⇒ double precision|-139.787353515625
  '4.566007995195249e-251'::float8 ⇒ double precision|4.566007995195249e-251
  '-2.7102810176848557e+20'::float8 ⇒ double precision|-2.7102810176848557e+20
  '-1.2019346491050446e-172'::float8 ⇒ double precision|-1.2019346491050446e-172
  '3.2587979833443615e+18'::float8::float4 ⇒ real|3.258798e+18
  '385.82159044997616'::float4::float8 ⇒ double precision|385.82159423828125
  '221.11897398605515'::float4::float8 ⇒ double precision|221.1189727783203
  '-6.427739026830582e-33'::float8::float4 ⇒ real|-6.427739e-33
  '0.1'::float8 / '1e10'::float4 ⇒ double precision|1.0000000000000001e-11
  '-32768'::int2 = '123456.789'::float8 ⇒ boolean|f
  '-557.3775223237537'::float4::float8 ⇒ double precision|-557.3775024414062
  '-790.6145369740276'::float4::float8 ⇒ double precision|-790.6145629882812
  '1.234567e-4'::float8 ⇒ double precision|0.0001234567
  '-2.5077839804765745e-10'::float8::float4 ⇒ real|-2.507784e-10
  '2.2256142753319713e+181'::float8 ⇒ double precision|2.2256142753319713e+181
  '-8148818944.0'::float8::float4 ⇒ real|-8.148819e+09
  (2::float8^-13)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '7.429181296090946e-92'::float8 ⇒ double precision|7.429181296090946e-92
  '8.86467661659986e+110'::float8 ⇒ double precision|8.86467661659986e+110
  '123456.789'::float4 <> '3.14'::float8 ⇒ boolean|t
  '-1.0598378899549444e+30'::float8 ⇒ double precision|-1.0598378899549444e+30
  '520.2173218052685'::float4::float8 ⇒ double precision|520.2173461914062
  '3.4593687074828025e+101'::float8 ⇒ double precision|3.4593687074828025e+101
  '2.2337597137934213e-263'::float8 ⇒ double precision|2.2337597137934213e-263
  '6.326035220041084e-26'::float8::float4 ⇒ real|6.326035e-26
  '5.2726208961631643e-169'::float8 ⇒ double precision|5.2726208961631643e-169
  '1e-20'::numeric + 'Infinity'::float8 ⇒ double precision|Infinity
  '32767'::int8 + 'Infinity'::float8 ⇒ double precision|Infinity
  '-1.6065231090100802e-215'::float8 ⇒ double precision|-1.6065231090100802e-215
  '1.177024269043862e+180'::float8 ⇒ double precision|1.177024269043862e+180
  '1.5138847704165439e-108'::float8 ⇒ double precision|1.5138847704165439e-108
  '-2.0565109815161195e+97'::float8 ⇒ double precision|-2.0565109815161195e+97
  '726.1096590879022'::float4::float8 ⇒ double precision|726.1096801757812
  '-6.146219465449562e-14'::float8::float4 ⇒ real|-6.1462195e-14
  '-1.5'::numeric % '3.14'::float4 ⇒ ERROR 42883 operator does not exist: numeric % real
  '2.2384778413569246e+34'::float8::float4 ⇒ real|2.2384778e+34
  '3.820653594385098e-180'::float8 ⇒ double precision|3.820653594385098e-180
  '7e-309'::float8 ⇒ double precision|7e-309
  '-3.274889691026739e-12'::float8::float4 ⇒ real|-3.2748897e-12
  '563.4374222748531'::float4::float8 ⇒ double precision|563.4374389648438
  (2::float8^20)::float4 ⇒ real|1.048576e+06
  '-3.7518384635950454e-85'::float8 ⇒ double precision|-3.7518384635950454e-85
  '1.685621928936541e-15'::float8::float4 ⇒ real|1.6856219e-15
  '408.3368934042892'::float4::float8 ⇒ double precision|408.3368835449219
  'Infinity'::numeric = '1e300'::float8 ⇒ boolean|f
  '1.3107179273606298e+32'::float8 ⇒ double precision|1.3107179273606298e+32
  '6.485092218363954e-186'::float8 ⇒ double precision|6.485092218363954e-186
  '-2.1731666515925756e-264'::float8 ⇒ double precision|-2.1731666515925756e-264
  (2::float8^-56)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '-822.9378341889333'::float4::float8 ⇒ double precision|-822.9378051757812
  '0'::float4 - '0'::float8 ⇒ double precision|0
  '3.49307037611878e+18'::float8::float4 ⇒ real|3.4930704e+18
  '7.768120320028453e-33'::float8 ⇒ double precision|7.768120320028453e-33
  '3.029966909108139e-36'::float8::float4 ⇒ real|3.029967e-36
  '2.1777234196102455e-23'::float8::float4 ⇒ real|2.1777234e-23
  '9.823420024241739e-141'::float8 ⇒ double precision|9.823420024241739e-141
  '-1.2362968978829151e+28'::float8 ⇒ double precision|-1.2362968978829151e+28
  '6.382470767289152e+115'::float8 ⇒ double precision|6.382470767289152e+115
  '5.899864522169964e+146'::float8 ⇒ double precision|5.899864522169964e+146
  '-979.0230217398693'::float4::float8 ⇒ double precision|-979.0230102539062
  '-14.270737648010254'::float8::float4 ⇒ real|-14.270738
  '-948.1189887162285'::float4::float8 ⇒ double precision|-948.1190185546875
  '4.3141588052699e+21'::float8::float4 ⇒ real|4.3141588e+21
  '-1.6479557731632739e-24'::float8::float4 ⇒ real|-1.6479558e-24
  '-5.34716202297768e+89'::float8 ⇒ double precision|-5.34716202297768e+89
  '-801.3103686197907'::float4::float8 ⇒ double precision|-801.3103637695312
  '-8.958221205341518e-127'::float8 ⇒ double precision|-8.958221205341518e-127
  '2.4841705057509936e+163'::float8 ⇒ double precision|2.4841705057509936e+163
  '1e11'::float4 ⇒ real|1e+11
  '-7'::int8 % '1'::float8 ⇒ ERROR 42883 operator does not exist: bigint % double precision
  '-2.0973122821057455e+80'::float8 ⇒ double precision|-2.0973122821057455e+80
  '1.7400478670852463e-289'::float8 ⇒ double precision|1.7400478670852463e-289
  '-6.68660149472089e-08'::float8::float4 ⇒ real|-6.6866015e-08
  '32767'::int4 * 'Infinity'::float4 ⇒ double precision|Infinity
  '-337.78002159082314'::float4::float8 ⇒ double precision|-337.780029296875
  '-534.5169315881928'::float4::float8 ⇒ double precision|-534.5169067382812
  '-2.1627750854820187e-86'::float8 ⇒ double precision|-2.1627750854820187e-86
  '-56.59405643772561'::float4::float8 ⇒ double precision|-56.59405517578125
  '99999999999999999999'::numeric / '123456.789'::float4 ⇒ double precision|810000006960937.5
  '-2.222016479068169e-105'::float8 ⇒ double precision|-2.222016479068169e-105
  '-6.496368343111692e-116'::float8 ⇒ double precision|-6.496368343111692e-116
  '-3.1393964335813168e-202'::float8 ⇒ double precision|-3.1393964335813168e-202
  '924.3331382206213'::float4::float8 ⇒ double precision|924.3331298828125
  '2.1785261986565142e+22'::float8 ⇒ double precision|2.1785261986565142e+22
  '-9.544331661890564e+108'::float8 ⇒ double precision|-9.544331661890564e+108
  '33.333333'::numeric % '1e10'::float8 ⇒ ERROR 42883 operator does not exist: numeric % double precision
  '2e16'::float4 ⇒ real|2e+16
  '-32768'::int8 + '-Infinity'::float8 ⇒ double precision|-Infinity
  '12345678901234567890.12345678901234567890'::numeric = '1'::float8 ⇒ boolean|f
  '4.831607328106964e-227'::float8 ⇒ double precision|4.831607328106964e-227
  '1'::int4 < '1e-300'::float8 ⇒ boolean|f
  '4.93264454835215e+190'::float8 ⇒ double precision|4.93264454835215e+190
  '1.5832453077201593e+196'::float8 ⇒ double precision|1.5832453077201593e+196
  'Infinity'::float8 <> 'NaN'::float4 ⇒ boolean|t
  '-8.875112144185286e+36'::float8::float4 ⇒ real|-8.875112e+36
  '-1.0669655296113048e-182'::float8 ⇒ double precision|-1.0669655296113048e-182
  '-3.3165677175396972e-74'::float8 ⇒ double precision|-3.3165677175396972e-74
  '552.5991013117339'::float4::float8 ⇒ double precision|552.59912109375
  '10'::int8 - '1e300'::float8 ⇒ double precision|-1e+300
  '-974.4508599605795'::float4::float8 ⇒ double precision|-974.4508666992188
  '-1.436992230433317e+302'::float8 ⇒ double precision|-1.436992230433317e+302
  '8.912423918915538e+24'::float8::float4 ⇒ real|8.912424e+24
  '2.910641211454487e-279'::float8 ⇒ double precision|2.910641211454487e-279
  '-0.04189556464552879'::float8::float4 ⇒ real|-0.041895565
  '597.6084801452812'::float4::float8 ⇒ double precision|597.6084594726562
  '1.8969936061568524e-258'::float8 ⇒ double precision|1.8969936061568524e-258
  '-3.6444421153708837e+224'::float8 ⇒ double precision|-3.6444421153708837e+224
  '2'::int8 < '1e10'::float8 ⇒ boolean|t
  '525.4786112109146'::float4::float8 ⇒ double precision|525.4786376953125
  '32767'::int4 / '3.14'::float4 ⇒ double precision|10435.349969837014
  '-677.9096583501143'::float4::float8 ⇒ double precision|-677.90966796875
  '-255.60664521162857'::float4::float8 ⇒ double precision|-255.6066436767578
  '1.2629933307706602e-31'::float8::float4 ⇒ real|1.2629933e-31
  '-3.625938869858297e+26'::float8::float4 ⇒ real|-3.625939e+26
  '-1.7828344207347587e+36'::float8::float4 ⇒ real|-1.7828344e+36
  '552.3974058799593'::float4::float8 ⇒ double precision|552.3973999023438
  '7'::int8 / 'Infinity'::float8 ⇒ double precision|0
  '-148.3904433880026'::float4::float8 ⇒ double precision|-148.39044189453125
  '2'::int8::float8 ⇒ double precision|2
  '9.191389835905284e-07'::float8::float4 ⇒ real|9.19139e-07
  '-5.573254573405677e+251'::float8 ⇒ double precision|-5.573254573405677e+251
  '0'::int4 = '-1.5'::float8 ⇒ boolean|f
  '5.173689867198375e+214'::float8 ⇒ double precision|5.173689867198375e+214
  '2.3276379527501618e-264'::float8 ⇒ double precision|2.3276379527501618e-264
  '9.082211717559091e+16'::float8::float4 ⇒ real|9.082212e+16
  '-923.9082379010073'::float4::float8 ⇒ double precision|-923.9082641601562
  '0.0039046781603246927'::float8::float4 ⇒ real|0.0039046782
  '1'::int8 % '-Infinity'::float8 ⇒ ERROR 42883 operator does not exist: bigint % double precision
  '-6.322671013408135e-70'::float8 ⇒ double precision|-6.322671013408135e-70
  '-215.09008290249972'::float4::float8 ⇒ double precision|-215.090087890625
  '-1.6796117275606338e+241'::float8 ⇒ double precision|-1.6796117275606338e+241
  '6e-156'::float8 ⇒ double precision|6e-156
  '70.49337515807838'::float4::float8 ⇒ double precision|70.49337768554688
  '-7.838223548766796e+25'::float8::float4 ⇒ real|-7.838224e+25
  '32767'::int8 - '1e10'::float4 ⇒ double precision|-9999967233
  '-32768'::int4 % '123456.789'::float4 ⇒ ERROR 42883 operator does not exist: integer % real
  '455.7578533799094'::float4::float8 ⇒ double precision|455.7578430175781
  '3.625443488929356e-294'::float8 ⇒ double precision|3.625443488929356e-294
  '3.454378580389965e-116'::float8 ⇒ double precision|3.454378580389965e-116
  '1e-273'::float8 ⇒ double precision|1e-273
  'Infinity'::float4::float4 ⇒ real|Infinity
  '-544.1906133147427'::float4::float8 ⇒ double precision|-544.1906127929688
  (2::float8^-32)::float4 ⇒ ERROR 42883 operator does not exist: double precision ^- integer
  '-4.242209319852198e-225'::float8 ⇒ double precision|-4.242209319852198e-225
  '9e42'::float8 ⇒ double precision|9e+42
  '3.3707318382266155e+151'::float8 ⇒ double precision|3.3707318382266155e+151
  '6e-20'::float4 ⇒ real|6e-20
  '222.69421994672325'::float4::float8 ⇒ double precision|222.6942138671875
  '5e-96'::float8 ⇒ double precision|5e-96
  '-Infinity'::numeric = 'NaN'::float4 ⇒ boolean|f
  '-1.2221074984773438e+83'::float8 ⇒ double precision|-1.2221074984773438e+83
  '9.246517378182342e-17'::float8::float4 ⇒ real|9.2465174e-17
  '1.6856199852150045e+142'::float8 ⇒ double precision|1.6856199852150045e+142
  '53341088.0'::float8::float4 ⇒ real|5.3341088e+07
  '-3.2305085212125033e-121'::float8 ⇒ double precision|-3.2305085212125033e-121
  '0'::int4::float8 ⇒ double precision|0
  '275.9162925531127'::float4::float8 ⇒ double precision|275.9162902832031
  '736.1803367370821'::float4::float8 ⇒ double precision|736.1803588867188
  '-24.362197875976562'::float8::float4 ⇒ real|-24.362198
  '4e177'::float8 ⇒ double precision|4e+177
  """#
