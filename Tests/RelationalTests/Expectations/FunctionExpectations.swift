/// Strings, patterns, mathematics, logic, conditional expressions, names of types as functions.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let functionExpectations = #"""
  'abc' like 'a%' ⇒ boolean|t
  'abc' like '_b_' ⇒ boolean|t
  'abc' like 'a' ⇒ boolean|f
  'abc' like '%' ⇒ boolean|t
  'abc' like '%b%' ⇒ boolean|t
  'a%c' like 'a\%c' ⇒ boolean|t
  'abc' like 'a\%c' ⇒ boolean|f
  'a%c' like 'a#%c' escape '#' ⇒ boolean|t
  'abc' like 'abc\' ⇒ boolean|f
  'abc' like 'x\' ⇒ boolean|f
  'abc' like '%\' ⇒ ERROR 22025 LIKE pattern must not end with escape character
  'ABC' ilike 'a%' ⇒ boolean|t
  'abc' not like 'a%' ⇒ boolean|f
  'été' like '_t_' ⇒ boolean|t
  'abc' like null ⇒ boolean|<null>
  'abc' like 'a' escape 'ab' ⇒ ERROR 22025 invalid escape string
  'a\c' like 'a\c' escape '' ⇒ boolean|t
  'aaab' like '%ab' ⇒ boolean|t
  'abc'::char(5) like 'abc' ⇒ boolean|f
  'abc'::char(5) like 'abc  ' ⇒ boolean|t
  'abc' ~ 'b' ⇒ boolean|t
  'abc' ~ '^b' ⇒ boolean|f
  'abc' ~ '^(a|x).*c$' ⇒ boolean|t
  'ABC' ~* 'b' ⇒ boolean|t
  'abc' ~* '\D' ⇒ boolean|t
  '123' ~* '\D' ⇒ boolean|f
  'abc' ~* '\W' ⇒ boolean|f
  'a c' ~* '\W' ⇒ boolean|t
  'ABC' ~* '\S' ⇒ boolean|t
  '   ' ~* '\S' ⇒ boolean|f
  'ABC' ~* '\Ab' ⇒ boolean|f
  'ABC' ~* '\Aa' ⇒ boolean|t
  'ABC' ~* 'c\Z' ⇒ boolean|t
  'AB CD' ~* 'b\M' ⇒ boolean|t
  'AB CD' ~* 'a\M' ⇒ boolean|f
  'ABC' ~* 'a\Yb' ⇒ boolean|t
  'ABC' ~* 'a\yb' ⇒ boolean|f
  'b' ~* '[A-C]' ⇒ boolean|t
  'B' ~* '[a-c]' ⇒ boolean|t
  'b' ~* '[^A-C]' ⇒ boolean|f
  'B' ~* '[^a-c]' ⇒ boolean|f
  'x' ~* '[Z-a]' ⇒ boolean|f
  'z' ~* '[Z-a]' ⇒ boolean|t
  'a' ~* '[[:upper:]]' ⇒ boolean|t
  'A' ~* '[[:lower:]]' ⇒ boolean|t
  'A' ~* '[\D]' ⇒ boolean|t
  'b' ~* 'B|\d' ⇒ boolean|t
  'abc' !~ 'b' ⇒ boolean|f
  'foo123' ~ '^[a-z]+\d{3}$' ⇒ boolean|t
  'foo' ~ '(' ⇒ ERROR 2201B invalid regular expression: parentheses () not balanced
  'foo' ~ '[[:alpha:]]{3}' ⇒ boolean|t
  regexp_replace('foobarbaz','b..','X') ⇒ text|fooXbaz
  regexp_replace('foobarbaz','b..','X','g') ⇒ text|fooXX
  regexp_replace('foobarbaz','b(..)','X\1Y','g') ⇒ text|fooXarYXazY
  substring('foobar' from 'o.b') ⇒ text|oob
  substring('foobar' from 'o(.)b') ⇒ text|o
  substring('foobar' from 2 for 3) ⇒ text|oob
  substring('foobar' from -1 for 3) ⇒ text|f
  substring('foobar' from 3) ⇒ text|obar
  substring('foobar' for 2) ⇒ text|fo
  substring('foobar' from 2 for -1) ⇒ ERROR 22011 negative substring length not allowed
  substr('foobar',0,2) ⇒ text|f
  substr('foobar',2147483647,2147483647) ⇒ text|
  left('abcde',2) ⇒ text|ab
  left('abcde',-2) ⇒ text|abc
  right('abcde',2) ⇒ text|de
  right('abcde',-2) ⇒ text|cde
  left('abc',-5) ⇒ text|
  lpad('hi',5,'xy') ⇒ text|xyxhi
  lpad('hi',1) ⇒ text|h
  rpad('hi',5,'xy') ⇒ text|hixyx
  rpad('hi',5,'') ⇒ text|hi
  lpad('hi',-1) ⇒ text|
  repeat('ab',3) ⇒ text|ababab
  repeat('ab',-1) ⇒ text|
  replace('abcabc','b','XX') ⇒ text|aXXcaXXc
  replace('abc','','X') ⇒ text|abc
  reverse('abcé') ⇒ text|écba
  split_part('a,b,c',',',2) ⇒ text|b
  split_part('a,b,c',',',-1) ⇒ text|c
  split_part('a,b,c',',',4) ⇒ text|
  split_part('a,b,c',',',0) ⇒ ERROR 22023 field position must not be zero
  split_part('a,b,c','',1) ⇒ text|a,b,c
  split_part('','x',1) ⇒ text|
  concat('a',1,null,true,2.50) ⇒ text|a1t2.50
  concat_ws(',','a',null,'b',3) ⇒ text|a,b,3
  concat_ws(null,'a','b') ⇒ text|<null>
  concat() ⇒ ERROR 42883 function concat() does not exist
  ascii('é') ⇒ integer|233
  ascii('') ⇒ integer|0
  chr(233) ⇒ text|é
  chr(0) ⇒ ERROR 54000 null character not permitted
  chr(-1) ⇒ ERROR 22023 character number must be positive
  chr(1114112) ⇒ ERROR 54000 requested character too large for encoding: 1114112
  initcap('hello wORLD foo-bar 1st') ⇒ text|Hello World Foo-Bar 1st
  upper('éß') ⇒ text|Éß
  lower('ÀÉ') ⇒ text|àé
  trim('  a b  ') ⇒ text|a b
  trim(both 'x' from 'xxaxx') ⇒ text|a
  trim(leading 'xy' from 'xyxa') ⇒ text|a
  trim(trailing from 'a  ') ⇒ text|a
  ltrim('xxa','x') ⇒ text|a
  btrim('xyaxy','yx') ⇒ text|a
  position('b' in 'abc') ⇒ integer|2
  position('' in 'abc') ⇒ integer|1
  position('z' in 'abc') ⇒ integer|0
  strpos('éab','b') ⇒ integer|3
  starts_with('abc','ab') ⇒ boolean|t
  'abc' ^@ 'ab' ⇒ boolean|t
  translate('12345','143','ax') ⇒ text|a2x5
  overlay('Txxxxas' placing 'hom' from 2 for 4) ⇒ text|Thomas
  overlay('Txxxxas' placing 'hom' from 2) ⇒ text|Thomxas
  overlay('Txxxxas' placing 'hom' from 0) ⇒ ERROR 22011 negative substring length not allowed
  quote_ident('abc') ⇒ text|abc
  quote_ident('Abc') ⇒ text|"Abc"
  quote_ident('select') ⇒ text|"select"
  quote_ident('a"b') ⇒ text|"a""b"
  quote_ident('') ⇒ text|""
  quote_literal('a''b') ⇒ text|'a''b'
  quote_literal('a\b') ⇒ text|E'a\\b'
  quote_literal(42) ⇒ text|'42'
  quote_nullable(null) ⇒ text|NULL
  to_hex(255) ⇒ text|ff
  to_hex(-1) ⇒ text|ffffffff
  to_hex(255::int8) ⇒ text|ff
  format('Hello %s, %1$s %I %L %%','World','a b','c''d') ⇒ text|Hello World, World "a b" 'c''d' %
  format('%10s|%-10s|','a','b') ⇒ text|         a|b         |
  format('%s') ⇒ ERROR 22023 too few arguments for format()
  format('%z','a') ⇒ ERROR 22023 unrecognized format() type specifier "z"
  format('%',1) ⇒ ERROR 22023 unterminated format() type specifier
  format('%L',null) ⇒ text|NULL
  char_length('abc') ⇒ integer|3
  bit_length('abc') ⇒ integer|24
  length(123) ⇒ ERROR 42883 function length(integer) does not exist
  length(null) ⇒ integer|<null>
  upper(1) ⇒ ERROR 42883 function upper(integer) does not exist
  foo(1) ⇒ ERROR 42883 function foo(integer) does not exist
  abs('-5') ⇒ double precision|5
  abs(-5.5) ⇒ numeric|5.5
  abs('x') ⇒ ERROR 22P02 invalid input syntax for type double precision: "x"
  round(2.5) ⇒ numeric|3
  round(2.5::float8) ⇒ double precision|2
  round(3.5::float8) ⇒ double precision|4
  round(-2.5) ⇒ numeric|-3
  round(1234.567,-2) ⇒ numeric|1200
  round(1.5::float8,1) ⇒ ERROR 42883 function round(double precision, integer) does not exist
  round('2.345',2) ⇒ numeric|2.35
  ceil(1.2) ⇒ numeric|2
  ceiling(-1.2) ⇒ numeric|-1
  floor(-1.2) ⇒ numeric|-2
  mod(7,-3) ⇒ integer|1
  mod(-7,3) ⇒ integer|-1
  mod(7.5,2) ⇒ numeric|1.5
  7 % 0 ⇒ ERROR 22012 division by zero
  mod(7,0) ⇒ ERROR 22012 division by zero
  power(2,10) ⇒ double precision|1024
  power(2,0.5) ⇒ numeric|1.4142135623730950
  power(2::numeric,0.5) ⇒ numeric|1.4142135623730950
  2 ^ 3 ⇒ double precision|8
  2 ^ -1 ⇒ double precision|0.5
  2.0 ^ 3 ⇒ numeric|8.0000000000000000
  (-8) ^ 0.5 ⇒ ERROR 2201F a negative number raised to a non-integer power yields a complex result
  0 ^ -1 ⇒ ERROR 2201F zero raised to a negative power is undefined
  sqrt(2) ⇒ double precision|1.4142135623730951
  sqrt(-1) ⇒ ERROR 2201F cannot take square root of a negative number
  sqrt(2.0) ⇒ numeric|1.414213562373095
  cbrt(27) ⇒ double precision|3.0000000000000004
  |/ 25 ⇒ double precision|5
  ||/ 27 ⇒ double precision|3.0000000000000004
  exp(1) ⇒ double precision|2.718281828459045
  exp(1.0) ⇒ numeric|2.7182818284590452
  exp(1000) ⇒ ERROR 22003 value out of range: overflow
  exp(10000.0) ⇒ ERROR 22003 value overflows numeric format
  ln(2) ⇒ double precision|0.6931471805599453
  ln(2.0) ⇒ numeric|0.6931471805599453
  ln(0) ⇒ ERROR 2201E cannot take logarithm of zero
  ln(-1.0) ⇒ ERROR 2201E cannot take logarithm of a negative number
  log(100) ⇒ double precision|2
  log(2.0,64.0) ⇒ numeric|6.0000000000000000
  log(2,64) ⇒ numeric|6.0000000000000000
  log10(1000) ⇒ double precision|3
  sign(-5) ⇒ double precision|-1
  sign(-5.5) ⇒ numeric|-1
  pi() ⇒ double precision|3.141592653589793
  degrees(1) ⇒ double precision|57.29577951308232
  radians(180) ⇒ double precision|3.141592653589793
  sin(1) ⇒ double precision|0.8414709848078965
  cos(1) ⇒ double precision|0.5403023058681398
  atan2(1,2) ⇒ double precision|0.4636476090008061
  asin(2) ⇒ ERROR 22003 input is out of range
  gcd(12,18) ⇒ integer|6
  lcm(4,6) ⇒ integer|12
  gcd(-2147483648,0) ⇒ ERROR 22003 integer out of range
  div(7,2) ⇒ numeric|3
  div(-7.5,2) ⇒ numeric|-3
  trunc(1.789,2) ⇒ numeric|1.78
  trunc(-1.789) ⇒ numeric|-1
  scale(1.50) ⇒ integer|2
  min_scale(1.50) ⇒ integer|1
  trim_scale(1.500) ⇒ numeric|1.5
  5 & 3 ⇒ integer|1
  5 | 3 ⇒ integer|7
  5 # 3 ⇒ integer|6
  ~5 ⇒ integer|-6
  1 << 4 ⇒ integer|16
  256 >> 4 ⇒ integer|16
  1::int2 << 15 ⇒ smallint|-32768
  1 << 33 ⇒ integer|2
  -1 >> 1 ⇒ integer|-1
  5::int8 & 3 ⇒ bigint|1
  2147483647 + 1 ⇒ ERROR 22003 integer out of range
  -2147483648 - 1 ⇒ ERROR 22003 integer out of range
  2147483647 * 2 ⇒ ERROR 22003 integer out of range
  (-2147483648) / (-1) ⇒ ERROR 22003 integer out of range
  (-2147483648) % (-1) ⇒ integer|0
  9223372036854775807 + 1 ⇒ ERROR 22003 bigint out of range
  9223372036854775807 * 2 ⇒ ERROR 22003 bigint out of range
  32767::int2 + 1::int2 ⇒ ERROR 22003 smallint out of range
  1 / 0 ⇒ ERROR 22012 division by zero
  1.0 / 0 ⇒ ERROR 22012 division by zero
  1::float8 / 0 ⇒ ERROR 22012 division by zero
  0.1 + 0.2 ⇒ numeric|0.3
  0.1::float8 + 0.2::float8 ⇒ double precision|0.30000000000000004
  1e308::float8 * 10 ⇒ ERROR 22003 value out of range: overflow
  1e-308::float8 / 1e10 ⇒ double precision|1e-318
  1 / 3 ⇒ integer|0
  1.0 / 3 ⇒ numeric|0.33333333333333333333
  10 / 3.0 ⇒ numeric|3.3333333333333333
  1 / 3::float8 ⇒ double precision|0.3333333333333333
  7 / 2 ⇒ integer|3
  -7 / 2 ⇒ integer|-3
  null + 1 ⇒ integer|<null>
  null = null ⇒ boolean|<null>
  null is null ⇒ boolean|t
  1 is null ⇒ boolean|f
  null is distinct from 1 ⇒ boolean|t
  1 is distinct from 1.0 ⇒ boolean|f
  1 is not distinct from null ⇒ boolean|f
  true and null ⇒ boolean|<null>
  false and null ⇒ boolean|f
  true or null ⇒ boolean|t
  not null ⇒ boolean|<null>
  null is true ⇒ boolean|f
  null is not true ⇒ boolean|t
  null is unknown ⇒ boolean|t
  1 and true ⇒ ERROR 42804 argument of AND must be type boolean, not type integer
  'x' and true ⇒ ERROR 22P02 invalid input syntax for type boolean: "x"
  't' and true ⇒ boolean|t
  not 1 ⇒ ERROR 42804 argument of NOT must be type boolean, not type integer
  1 in (1,2,3) ⇒ boolean|t
  1 in (2,null) ⇒ boolean|<null>
  1 in (1,null) ⇒ boolean|t
  1 not in (2,null) ⇒ boolean|<null>
  1 not in (2,3) ⇒ boolean|t
  null in (1,2) ⇒ boolean|<null>
  1 in ('1','2') ⇒ boolean|t
  1 in (1.0, 2.5) ⇒ boolean|t
  'a' in ('a','b') ⇒ boolean|t
  1 in ('a') ⇒ ERROR 22P02 invalid input syntax for type integer: "a"
  1 in (true) ⇒ ERROR 42883 operator does not exist: integer = boolean
  1.5 in (1,2) ⇒ boolean|f
  1 in (1,2,3,4,5,6,7,8,9,10,11) ⇒ boolean|t
  12 in (1,2,3,4,5,6,7,8,9,10,11) ⇒ boolean|f
  12 in (1,2,3,4,5,6,7,8,9,10,null) ⇒ boolean|<null>
  'a'::char(3) in ('a','b') ⇒ boolean|t
  date '2020-01-01' in ('2020-01-01') ⇒ boolean|t
  5 between 1 and 10 ⇒ boolean|t
  5 not between 1 and 10 ⇒ boolean|f
  5 between 10 and 1 ⇒ boolean|f
  5 between symmetric 10 and 1 ⇒ boolean|t
  5 between null and 10 ⇒ boolean|<null>
  5 between 6 and null ⇒ boolean|f
  case when true then 1 else 2 end ⇒ integer|1
  case when false then 1 end ⇒ integer|<null>
  case when null then 1 else 2.5 end ⇒ numeric|2.5
  case 1 when 1 then 'a' when 2 then 'b' end ⇒ text|a
  case 'x' when 'x' then 1 else 'y' end ⇒ ERROR 22P02 invalid input syntax for type integer: "y"
  case when true then 1 else 'x' end ⇒ ERROR 22P02 invalid input syntax for type integer: "x"
  case when true then 1 else true end ⇒ ERROR 42804 CASE types boolean and integer cannot be matched
  case when 1 then 1 end ⇒ ERROR 42804 argument of CASE/WHEN must be type boolean, not type integer
  case 3 when 1 then 'a' when 2 then 'b' else null end ⇒ text|<null>
  case when true then 1 else 1/0 end ⇒ integer|1
  coalesce(null, 1, 2) ⇒ integer|1
  coalesce(null, null) ⇒ text|<null>
  coalesce(1, 2.5) ⇒ numeric|1
  coalesce('a', 1) ⇒ ERROR 22P02 invalid input syntax for type integer: "a"
  coalesce(null, 'a', 'b') ⇒ text|a
  coalesce(1, true) ⇒ ERROR 42804 COALESCE types integer and boolean cannot be matched
  nullif(1, 1) ⇒ integer|<null>
  nullif(1, 2) ⇒ integer|1
  nullif(1, 1.0) ⇒ numeric|<null>
  nullif('a', 'b') ⇒ text|a
  nullif(null, 1) ⇒ integer|<null>
  greatest(1, 2.5, null) ⇒ numeric|2.5
  least('a', 'b', 'C') ⇒ text|C
  greatest(null, null) ⇒ text|<null>
  greatest(1, 'x') ⇒ ERROR 22P02 invalid input syntax for type integer: "x"
  greatest('NaN'::float8, 1e300) ⇒ double precision|NaN
  greatest(date '2020-01-01', timestamp '2020-01-02') ⇒ timestamp without time zone|2020-01-02 00:00:00
  1 < 2.5 ⇒ boolean|t
  'NaN'::float8 = 'NaN'::float8 ⇒ boolean|t
  'NaN'::float8 > 'Infinity'::float8 ⇒ boolean|t
  '-0'::float8 = '0'::float8 ⇒ boolean|t
  '-0'::float8 ⇒ double precision|-0
  'NaN'::numeric = 'NaN'::numeric ⇒ boolean|t
  1.0 = 1.00 ⇒ boolean|t
  true > false ⇒ boolean|t
  true = 'yes' ⇒ boolean|t
  true = 1 ⇒ ERROR 42883 operator does not exist: boolean = integer
  'a' < 'B' ⇒ boolean|f
  'a'::name = 'a' ⇒ boolean|t
  'abc'::name ⇒ name|abc
  1::oid ⇒ oid|1
  -1::oid ⇒ ERROR 42883 operator does not exist: - oid
  '-1'::oid ⇒ oid|4294967295
  '4294967295'::oid ⇒ oid|4294967295
  '4294967296'::oid ⇒ ERROR 22003 value "4294967296" is out of range for type oid
  4294967295::oid ⇒ oid|4294967295
  4294967296::oid ⇒ ERROR 22003 OID out of range
  1::oid = 1 ⇒ boolean|t
  1::oid::int ⇒ integer|1
  4294967295::oid::int ⇒ integer|-1
  int4('5') ⇒ integer|5
  int4(5.5) ⇒ integer|6
  text(5) ⇒ text|5
  float8('1.5') ⇒ double precision|1.5
  date('2020-01-01') ⇒ date|2020-01-01
  bool('t') ⇒ boolean|t
  int4(true) ⇒ integer|1
  bool(1) ⇒ boolean|t
  int8(date '2020-01-01') ⇒ ERROR 42883 function int8(date) does not exist
  date(timestamp '2020-01-01 10:00') ⇒ date|2020-01-01
  timestamp '2020-01-01' > '2019-01-01' ⇒ boolean|t
  timestamptz '2020-01-01' = timestamp '2020-01-01' ⇒ boolean|t
  '1 day' < interval '2 days' ⇒ boolean|t
  cast('5' as int) + 1 ⇒ integer|6
  '5' * '5' ⇒ ERROR 42725 operator is not unique: unknown * unknown
  -'5' ⇒ ERROR 42725 operator is not unique: - unknown
  -'abc' ⇒ ERROR 42725 operator is not unique: - unknown
  @ -5 ⇒ integer|5
  + 5 ⇒ integer|5
  5 !=  6 ⇒ boolean|t
  'a' > null ⇒ boolean|<null>
  'x' is distinct from null ⇒ boolean|t
  interval '1 day' + date '2020-01-01' ⇒ timestamp without time zone|2020-01-02 00:00:00
  interval '1 day' + interval '1 hour' ⇒ interval|1 day 01:00:00
  interval '1 day' - interval '25 hours' ⇒ interval|1 day -25:00:00
  interval '2147483647 months' + interval '1 month' ⇒ ERROR 22008 interval out of range
  1 + interval '1 day' ⇒ ERROR 42883 operator does not exist: integer + interval
  date '2020-01-01' * 2 ⇒ ERROR 42883 operator does not exist: date * integer
  date '2020-01-01' + date '2020-01-01' ⇒ ERROR 42883 operator does not exist: date + date
  date '2020-01-01' < '2020-01-02' ⇒ boolean|t
  '2020-01-01'::text::date ⇒ date|2020-01-01
  '2020-01-01'::varchar::timestamp + '1 day' ⇒ timestamp without time zone|2020-01-02 00:00:00
  1::text || 2 ⇒ text|12
  1.0::text ⇒ text|1.0
  1e20::float8::text ⇒ text|1e+20
  1e-7::float8::text ⇒ text|1e-07
  100000::float8 ⇒ double precision|100000
  1e15::float8 ⇒ double precision|1e+15
  123456789012345::float8 ⇒ double precision|123456789012345
  1234567890123456::float8 ⇒ double precision|1.234567890123456e+15
  0.0001::float8 ⇒ double precision|0.0001
  0.00001::float8 ⇒ double precision|1e-05
  1e5::float4 ⇒ real|100000
  1e6::float4 ⇒ real|1e+06
  123456::float4 ⇒ real|123456
  1234567::float4 ⇒ real|1.234567e+06
  0.1::float4::float8 ⇒ double precision|0.10000000149011612
  0.1::float4::numeric ⇒ numeric|0.1
  16777217::float4 ⇒ real|1.6777216e+07
  9007199254740993::float8 ⇒ double precision|9.007199254740992e+15
  9007199254740993::float8::int8 ⇒ bigint|9007199254740992
  1e19::float8::int8 ⇒ ERROR 22003 bigint out of range
  2.5::float8::int ⇒ integer|2
  3.5::float8::int ⇒ integer|4
  2.5::numeric::int ⇒ integer|3
  -2.5::numeric::int ⇒ integer|-3
  'NaN'::float8::int ⇒ ERROR 22003 integer out of range
  'NaN'::numeric::int ⇒ ERROR 0A000 cannot convert NaN to integer
  'Infinity'::numeric::int8 ⇒ ERROR 0A000 cannot convert infinity to bigint
  'NaN'::float8::numeric ⇒ numeric|NaN
  32768::int2 ⇒ ERROR 22003 smallint out of range
  2147483648::int ⇒ ERROR 22003 integer out of range
  9223372036854775808::int8 ⇒ ERROR 22003 bigint out of range
  1e1000::numeric > 1 ⇒ boolean|t
  """#
