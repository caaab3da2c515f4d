/// Reading, converting and comparing values.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let textInputExpectations = #"""
  'abc'::int ⇒ ERROR 22P02 invalid input syntax for type integer: "abc"
  '  12  '::int ⇒ integer|12
  '12abc'::int ⇒ ERROR 22P02 invalid input syntax for type integer: "12abc"
  '99999999999'::int ⇒ ERROR 22003 value "99999999999" is out of range for type integer
  '40000'::int2 ⇒ ERROR 22003 value "40000" is out of range for type smallint
  ''::int ⇒ ERROR 22P02 invalid input syntax for type integer: ""
  '1.5'::int ⇒ ERROR 22P02 invalid input syntax for type integer: "1.5"
  '+5'::int ⇒ integer|5
  '-2147483648'::int ⇒ integer|-2147483648
  '9223372036854775808'::int8 ⇒ ERROR 22003 value "9223372036854775808" is out of range for type bigint
  '1e5'::numeric ⇒ numeric|100000
  '1e400'::float8 ⇒ ERROR 22003 "1e400" is out of range for type double precision
  '1e-400'::float8 ⇒ ERROR 22003 "1e-400" is out of range for type double precision
  'abc'::float8 ⇒ ERROR 22P02 invalid input syntax for type double precision: "abc"
  'inf'::float8 ⇒ double precision|Infinity
  '-inf'::numeric ⇒ numeric|-Infinity
  'nan'::float4 ⇒ real|NaN
  '1e40'::float4 ⇒ ERROR 22003 "1e40" is out of range for type real
  ' 1.5 '::float8 ⇒ double precision|1.5
  '1.'::numeric ⇒ numeric|1
  '.5'::numeric ⇒ numeric|0.5
  '.'::numeric ⇒ ERROR 22P02 invalid input syntax for type numeric: "."
  '1e'::numeric ⇒ ERROR 22P02 invalid input syntax for type numeric: "1e"
  '--1'::numeric ⇒ ERROR 22P02 invalid input syntax for type numeric: "--1"
  'NaN'::numeric(5,2) ⇒ numeric|NaN
  'Infinity'::numeric(5,2) ⇒ ERROR 22003 numeric field overflow
  123.456::numeric(5,2) ⇒ numeric|123.46
  1234.56::numeric(5,2) ⇒ ERROR 22003 numeric field overflow
  999.995::numeric(5,2) ⇒ ERROR 22003 numeric field overflow
  1234::numeric(2,-2) ⇒ numeric|1200
  12345::numeric(2,-2) ⇒ ERROR 22003 numeric field overflow
  0.001234::numeric(2,4) ⇒ numeric|0.0012
  0.01234::numeric(2,4) ⇒ ERROR 22003 numeric field overflow
  'yes'::bool ⇒ boolean|t
  'of'::bool ⇒ boolean|f
  'o'::bool ⇒ ERROR 22P02 invalid input syntax for type boolean: "o"
  'TRUE '::bool ⇒ boolean|t
  'maybe'::bool ⇒ ERROR 22P02 invalid input syntax for type boolean: "maybe"
  '1'::bool ⇒ boolean|t
  '10'::bool ⇒ ERROR 22P02 invalid input syntax for type boolean: "10"
  1::bool ⇒ boolean|t
  0::bool ⇒ boolean|f
  2::int8::bool ⇒ ERROR 42846 cannot cast type bigint to boolean
  true::int ⇒ integer|1
  true::text ⇒ text|true
  true::varchar(2) ⇒ character varying|tr
  'abc'::varchar(2) ⇒ character varying|ab
  'abc'::char(2) ⇒ character|ab
  'a'::char(3) ⇒ character|a  
  'abc'::char ⇒ character|a
  'é€x'::varchar(2) ⇒ character varying|é€
  length('é€x') ⇒ integer|3
  octet_length('é€x') ⇒ integer|6
  'a'::char(3) = 'a  '::char(5) ⇒ boolean|t
  'a '::char(3) = 'a' ⇒ boolean|t
  'a '::varchar = 'a' ⇒ boolean|f
  'a'::char(3) = 'a'::text ⇒ boolean|t
  'a '::text = 'a'::char(3) ⇒ boolean|f
  length('a'::char(5)) ⇒ integer|1
  'a'::char(5)::text ⇒ text|a
  octet_length('a'::char(5)) ⇒ integer|5
  upper('a'::char(5)) || 'x' ⇒ text|Ax
  '\x414243'::bytea ⇒ bytea|\x414243
  '\xZZ'::bytea ⇒ ERROR 22023 invalid hexadecimal digit: "Z"
  '\x4'::bytea ⇒ ERROR 22023 invalid hexadecimal data: odd number of digits
  'a\\b\001'::bytea ⇒ bytea|\x615c6201
  'a\9'::bytea ⇒ ERROR 22P02 invalid input syntax for type bytea
  encode('\x00ff41'::bytea,'escape') ⇒ text|\000\377A
  encode('\x00ff41'::bytea,'hex') ⇒ text|00ff41
  encode('\x00ff4142'::bytea,'base64') ⇒ text|AP9BQg==
  decode('AP9BQg==','base64') ⇒ bytea|\x00ff4142
  decode('AP9BQ','base64') ⇒ ERROR 22023 invalid base64 end sequence
  decode('xyz','hex') ⇒ ERROR 22023 invalid hexadecimal digit: "x"
  encode('a','foo') ⇒ ERROR 22023 unrecognized encoding: "foo"
  length('\x0102'::bytea) ⇒ integer|2
  get_byte('\x0102'::bytea,1) ⇒ integer|2
  get_byte('\x0102'::bytea,2) ⇒ ERROR 2202E index 2 out of valid range, 0..1
  set_byte('\x0102'::bytea,1,255) ⇒ bytea|\x01ff
  substring('\x010203'::bytea from 2 for 1) ⇒ bytea|\x02
  '\x01'::bytea || '\x02'::bytea ⇒ bytea|\x0102
  '\x01'::bytea < '\x02'::bytea ⇒ boolean|t
  'a'::bytea::text ⇒ text|\x61
  1::bytea ⇒ ERROR 42846 cannot cast type integer to bytea
  md5('abc') ⇒ text|900150983cd24fb0d6963f7d28e17f72
  md5('') ⇒ text|d41d8cd98f00b204e9800998ecf8427e
  """#
