/// to_char and to_number over numbers, sampled.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let numberFormatExpectations = #"""
  to_char(1e10::float8,'FM9.9') ⇒ text|#.#
  to_char('NaN'::float8,'99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char(12.5::float8,'9.99') ⇒ text| #.##
  to_char(123, 'FM9,999,999.00') ⇒ text|123.00
  to_char(-1234.5, '9G999D99') ⇒ text|-1,234.50
  to_char(12.5::float8,'FM9,999,999.00') ⇒ text|12.50
  to_char(0.001, '999MI') ⇒ text|  0 
  to_char(12.5::float8,'S999') ⇒ text| +12
  to_char('NaN'::numeric,'99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(0, 'SG999') ⇒ text|+  0
  to_char('NaN'::float8,'999S') ⇒ text|NaN+
  to_char(12, '999TH') ⇒ text|  12TH
  to_char(100, '99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(12.5::float4,'0,000') ⇒ text| 0,012
  to_char('NaN'::numeric,'99"y"') ⇒ text| ##y
  to_char('-Infinity'::float8,'$99') ⇒ text|$-##
  to_char(12.345, '999V99') ⇒ text|  1235
  to_char(0.001, 'S0') ⇒ text|+0
  to_char(0, '99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char(12, '99.99') ⇒ text| 12.00
  to_char(100, 'RN') ⇒ text|              C
  to_char(123456.789::float8,'FM999.') ⇒ text|###.
  to_char(-3::int8,'L999') ⇒ text|   -3
  to_char('NaN'::float8,'999.99') ⇒ text| NaN
  to_char(123, '999th') ⇒ text| 123rd
  to_char('NaN'::numeric,'FM99.0') ⇒ text|##.#
  to_char(12.5::float4,'99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(1, '9990.99') ⇒ text|    1.00
  to_char(12.5::float4,'FM9.9') ⇒ text|#.#
  to_char(-0.5, '0999.99') ⇒ text|-0000.50
  to_char(1234, '99%') ⇒ text| ##%
  to_char(123, '999MI') ⇒ text|123 
  to_char('-Infinity'::float8,'SG0.9') ⇒ text|-#.#
  to_char(1e10::float8,'FM9,999') ⇒ text|#,###
  to_char(99.995, 'FM999') ⇒ text|100
  to_char(12, 'FM99.0') ⇒ text|12.0
  to_char(1, '9,999.99') ⇒ text|     1.00
  to_char(1234, 'FM990.9') ⇒ text|###.#
  to_char(1, 'FM999.990') ⇒ text|1.000
  to_char(12.5::float8,'$99') ⇒ text|$ 12
  to_char('NaN'::float8,'FM999.990') ⇒ text|NaN
  to_char('-Infinity'::float8,'9.') ⇒ text|-#.
  to_char(123456.789::float4,'$99') ⇒ text|$ ##
  to_char(-0.001::float8,'999999999999') ⇒ text|           -0
  to_char(12.5::float8,'FM999.') ⇒ text|12
  to_char(12.5::float4,'FM999PR') ⇒ text|12
  to_char(0.5, 'S99.99') ⇒ text|  +.50
  to_char(-1, 'FM999') ⇒ text|-1
  to_char(123456.789::float4,'FM999.990') ⇒ text|###.
  to_char(-0.001::float8,'B99') ⇒ text| -0
  to_char('NaN'::float8,'9.99') ⇒ text| #.##
  to_char(12.5::float4,'999TH') ⇒ text|  12TH
  to_char(0, '99.99') ⇒ text|   .00
  to_char('NaN'::numeric,'FM999.99') ⇒ text|NaN
  to_char(-485, 'S99.99') ⇒ text|-##.##
  to_char(-12, '99"y"') ⇒ text|-12y
  to_char(1e10::float8,'FM99.0') ⇒ text|##.#
  to_char(100, 'FM9,999') ⇒ text|100
  to_char(-485, 'MI999') ⇒ text|-485
  to_char(1234, '999th') ⇒ text| ###
  to_char(12.345, 'S999') ⇒ text| +12
  to_char(12.5::float8,'0,000') ⇒ text| 0,012
  to_char(12.5::float4,'0.99') ⇒ text| #.##
  to_char(1e10, '999PL') ⇒ text| ###+
  to_char(-1, '000.000') ⇒ text|-001.000
  to_char('-Infinity'::float8,'9G999D99') ⇒ text|-#,###.##
  to_char(99.995, '99.99S') ⇒ text|##.##+
  to_char(-3::int8,'FMS99') ⇒ text|-3
  to_char(0, '$99') ⇒ text|$  0
  to_char(0.1, '0999.99') ⇒ text| 0000.10
  to_char(123456.789::float8,'999PR') ⇒ text| ### 
  to_char(1e10, 'SG999') ⇒ text|+###
  to_char(123456.789::float8,'099') ⇒ text| ###
  to_char(-1234.5, '0999.99') ⇒ text|-1234.50
  to_char(-0.5, 'FM9.9') ⇒ text|-.5
  to_char(12.5::float4,'L99.99') ⇒ text|  12.50
  to_char(123456.789::float4,'9.99') ⇒ text| #.
  to_char(0.1, '999PR') ⇒ text|   0 
  to_char(1234567.891, '999PL') ⇒ text| ###+
  to_char(12.5::float4,'FMRN') ⇒ text|XII
  to_char(0.5, 'PL999') ⇒ text|+   1
  to_char(-1, 'FM999PR') ⇒ text|<1>
  to_char(0.5, 'B99') ⇒ text|  1
  to_char(12::int8,'SG999') ⇒ text|+ 12
  to_char(-1234.5, '999.99') ⇒ text|-###.##
  to_char(1, 'FMS99') ⇒ text|+1
  to_char(99.995, 'FM999.') ⇒ text|100
  to_char(-12, '9,999') ⇒ text|   -12
  to_char(123456.789::float8,'FM9,999') ⇒ text|#,###
  to_char(485, '9,999') ⇒ text|   485
  to_char(12::int8,'FM0.00') ⇒ text|#.##
  to_char(0.5, '99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char('NaN'::numeric,'rn') ⇒ ERROR 0A000 cannot convert NaN to integer
  to_char(12.5::float8,'999PR') ⇒ text|  12 
  to_char(12::int8,'999PL') ⇒ text|  12+
  to_char(0.5, '9G999D99') ⇒ text|      .50
  to_char(0.5, 'S0') ⇒ text|+1
  to_char(12.345, 'S0') ⇒ text|+#
  to_char(-0.5, 'L99.99') ⇒ text|   -.50
  to_char(1e10::float8,'B99') ⇒ text| ##
  to_char(-0.5, '9G999D99') ⇒ text|     -.50
  to_char(-12, '99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(12.5::float8,'L999') ⇒ text|   12
  to_char(-485, 'FM999.') ⇒ text|-485
  to_char(1234567.891, '999') ⇒ text| ###
  to_char(-1, 'FM990.9') ⇒ text|-1.
  to_char(0, 'FM0.00') ⇒ text|0.00
  to_char(0.5, 'L99.99') ⇒ text|    .50
  to_char('NaN'::numeric,'$99') ⇒ text|$ ##
  to_char(99.995, '0,000') ⇒ text| 0,100
  to_char(0.1, 'FM999PR') ⇒ text|0
  to_char(485, 'L99.99') ⇒ text|  ##.##
  to_char(12::int8,'$99') ⇒ text|$ 12
  to_char(485, 'FM999PR') ⇒ text|485
  to_char(0.1, 'FM999.') ⇒ text|0
  to_char(12.5::float4,'9') ⇒ text| #
  to_char(123456.789::float4,'SG0.9') ⇒ text|+#.
  to_char(12::int8,'0999.99') ⇒ text| 0012.00
  to_char(0.1, 'L99.99') ⇒ text|    .10
  to_char(-12, 'S0') ⇒ text|-#
  to_char(123456.789::float4,'SG999') ⇒ text|+###
  to_char(485, 'S0') ⇒ text|+#
  to_char(12.345, '9 9 9') ⇒ text|   1 2
  to_char(-1234.5, 'FM990.9') ⇒ text|-###.#
  to_char(99.995, 'FM999th') ⇒ text|100th
  to_char(12::int8,'999th') ⇒ text|  12th
  to_char(1e10, 'RN') ⇒ ERROR 22003 integer out of range
  to_char(0.1, '$99') ⇒ text|$  0
  to_char(0.1, 'FM000.000') ⇒ text|000.100
  to_char(-0.001::float8,'999') ⇒ text|  -0
  to_char(1e10::float8,'FMS99') ⇒ text|+##
  to_char(1e10, '999999999999') ⇒ text|  10000000000
  to_char(-485, '99"y"') ⇒ text|-##y
  to_char(-1234.5, '9,999.99') ⇒ text|-1,234.50
  to_char(12.5::float4,'rn') ⇒ text|            xii
  to_char(12, '9') ⇒ text| #
  to_char(123, '999TH') ⇒ text| 123RD
  to_char('NaN'::float8,'99"y"') ⇒ text| ##y
  to_char(100, '99.99') ⇒ text| ##.##
  to_char(1e10, '9') ⇒ text| #
  to_char(-0.001::float8,'9.') ⇒ text|-0
  to_char(123456.789::float8,'999MI') ⇒ text|### 
  to_char(485, '$99') ⇒ text|$ ##
  to_char(-1234.5, 'rn') ⇒ text|###############
  to_char(1234567.891, 'FMRN') ⇒ text|###############
  to_char(485, 'B99') ⇒ text| ##
  to_char(-0.5, '999PL') ⇒ text|  -1 
  to_char(-1, '999.99') ⇒ text|  -1.00
  to_char(485, '0.99') ⇒ text| #.##
  to_char(1234567.891, 'MI999') ⇒ text| ###
  to_char(-0.001::float8,'999D') ⇒ text|  -0
  to_char(-485, 'FMRN') ⇒ text|###############
  to_char(12.5::float4,'9,999.99') ⇒ text|    12.50
  to_char(123, 'L99.99') ⇒ text|  ##.##
  to_char(1e10, 'FM9,999,999.00') ⇒ text|#,###,###.##
  to_char(99.995, '9.') ⇒ text| #.
  to_char(-485, '999TH') ⇒ text|-485
  to_char(-0.5, 'FM999') ⇒ text|-1
  to_char(-12, '999PR') ⇒ text| <12>
  to_char(0.1, '9,999.99') ⇒ text|      .10
  to_char(123456.789::float8,'99.99S') ⇒ text|##.##+
  to_char(123456.789::float4,'FM0.00') ⇒ text|#.
  to_char(485, 'SG999') ⇒ text|+485
  to_char(0.001, '099') ⇒ text| 000
  to_char('-Infinity'::float8,'99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char('NaN'::numeric,'FMS99') ⇒ text|+##
  to_char(1e10::float8,'9,999') ⇒ text| #,###
  to_char(-1, 'RN') ⇒ text|###############
  to_char('NaN'::float8,'FM990.9') ⇒ text|NaN
  to_char(1234567.891, '99%') ⇒ text| ##%
  to_char('NaN'::float8,'999PR') ⇒ text| NaN 
  to_char(-485, 'L999') ⇒ text| -485
  to_char(-0.001::float8,'999V99') ⇒ text|    -0
  to_char(-3::int8,'"x"99') ⇒ text|x -3
  to_char(-12, 'FM999.990') ⇒ text|-12.000
  to_char(12::int8,'9.') ⇒ text| #.
  to_char(0.1, 'FM9,999') ⇒ text|0
  to_char(-1, '999') ⇒ text|  -1
  to_char(12.5::float8,'9') ⇒ text| #
  to_char(1234, 'MI999') ⇒ text| ###
  to_char(-485, '099') ⇒ text|-485
  to_char(1234, 'S999') ⇒ text|+###
  to_char(123456.789::float8,'MI999') ⇒ text| ###
  to_char(0.5, 'FMRN') ⇒ text|I
  to_char(1234567.891, '0,000') ⇒ text| #,###
  to_char(123456.789::float4,'FM990.9') ⇒ text|###.
  to_char(-1234.5, 'FM9,999') ⇒ text|-1,235
  to_char(12.5::float4,'999.99') ⇒ text|  12.50
  to_char(123456.789::float8,'999V99') ⇒ text| #####
  to_char(123, '999.99') ⇒ text| 123.00
  to_char(-0.5, 'L999') ⇒ text|   -1
  to_char(0.5, 'FMS99') ⇒ text|+1
  to_char(-485, '99') ⇒ text|-##
  to_char(12, '999MI') ⇒ text| 12 
  to_char(123456.789::float4,'9,999.99') ⇒ text| #,###.
  to_char('NaN'::numeric,'000.000') ⇒ text| NaN
  to_char('NaN'::float8,'9G999D99') ⇒ text|   NaN
  to_char(-0.001::float8,'$99') ⇒ text|$ -0
  to_char(12.345, 'FM990.9') ⇒ text|12.3
  to_char(1e10::float8,'FM999th') ⇒ text|###
  to_char(0, '"x"99') ⇒ text|x  0
  to_char(485, 'FM9.9') ⇒ text|#.#
  to_char(12::int8,'S999') ⇒ text| +12
  to_char(0.1, 'S99.99') ⇒ text|  +.10
  to_char(0, 'FM999.99') ⇒ text|0.
  to_char(12.5::float4,'FM000.000') ⇒ text|012.500
  to_char(-3::int8,'9,999.99') ⇒ text|    -3.00
  to_char(-1234.5, 'FMS99') ⇒ text|-##
  to_char(1, '0,000') ⇒ text| 0,001
  to_char(1e10::float8,'99.99S') ⇒ text|##.##+
  to_char(123456.789::float4,'99.99S') ⇒ text|##.+
  to_char(123456.789::float8,'9.99') ⇒ text| #.##
  to_char(-12, '9.99') ⇒ text|-#.##
  to_char(12, 'SG999') ⇒ text|+ 12
  to_char(1, 'FM999th') ⇒ text|1st
  to_char(12::int8,'9 9 9') ⇒ text|   1 2
  to_char(-1, 'SG999') ⇒ text|-  1
  to_char(1e10, 'rn') ⇒ ERROR 22003 integer out of range
  to_char(99.995, '9,999.99') ⇒ text|   100.00
  to_char(100, '999S') ⇒ text|100+
  to_char(-485, '999.99') ⇒ text|-485.00
  to_char(-12, '99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char(-0.001::float8,'rn') ⇒ text|###############
  to_char(0.5, '99') ⇒ text|  1
  to_char(123, 'S0') ⇒ text|+#
  to_char(0.1, 'FMS99') ⇒ text|+0
  to_char(123456.789::float4,'FM9,999,999.00') ⇒ text|123,457
  to_char(-1, '$99') ⇒ text|$ -1
  to_char(-12, 'FM0.00') ⇒ text|-#.##
  to_char(0.001, 'S99.99') ⇒ text|  +.00
  to_char(12, 'FM000.000') ⇒ text|012.000
  to_char(0.1, 'S999') ⇒ text|  +0
  to_char(-485, 'FM999.990') ⇒ text|-485.000
  to_char(12, '999D') ⇒ text|  12
  to_char(1e10::float8,'99%') ⇒ text| ##%
  to_char(-485, '9.99') ⇒ text|-#.##
  to_char(1234, 'FM0.00') ⇒ text|#.##
  to_char(0, '9,999.99') ⇒ text|      .00
  to_char(12.5::float8,'SG999') ⇒ text|+ 12
  to_char(123456.789::float8,'"x"99') ⇒ text|x ##
  to_char(99.995, '999.99') ⇒ text| 100.00
  to_char(-3::int8,'9990.99') ⇒ text|   -3.00
  to_char(-3::int8,'99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(0.5, '999TH') ⇒ text|   1ST
  to_char('NaN'::numeric,'9 9 9') ⇒ text| N a N
  to_char(-3::int8,'FM999.99') ⇒ text|-3.
  to_char(1, '999th') ⇒ text|   1st
  to_char(123, '999S') ⇒ text|123+
  to_char(-1234.5, '9,999') ⇒ text|-1,235
  to_char(-485, '99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(1234567.891, 'FM9,999') ⇒ text|#,###
  to_char(-1234.5, '999PL') ⇒ text|-### 
  to_char(123456.789::float8,'9990.99') ⇒ text| ####.##
  to_char(1e10::float8,'FM999.99') ⇒ text|###.##
  to_char(-12, '999999999999') ⇒ text|          -12
  to_char(123456.789::float4,'999') ⇒ text| ###
  to_char(-0.5, 'FM999.') ⇒ text|-1
  to_char('NaN'::float8,'S99.99') ⇒ text|+##.##
  to_char(123, '9.99') ⇒ text| #.##
  to_char(123, 'S999') ⇒ text|+123
  to_char(12::int8,'9G999D99') ⇒ text|    12.00
  to_char(1234, 'FM99.0') ⇒ text|##.#
  to_char(-3::int8,'FM9,999') ⇒ text|-3
  to_char(-485, '999') ⇒ text|-485
  to_char(12.345, '9G999D99') ⇒ text|    12.35
  to_char(12::int8,'"x"99') ⇒ text|x 12
  to_char(123456.789::float8,'9') ⇒ text| #
  to_char(12.345, '9990.99') ⇒ text|   12.35
  to_char(-3::int8,'FM0.00') ⇒ text|-3.00
  to_char(-1, 'L999') ⇒ text|   -1
  to_number('  12','9999') ⇒ numeric|12
  to_char(12.345, 'FMRN') ⇒ text|XII
  to_char(-0.001::float8,'0.99') ⇒ text|-0.00
  to_char(-1, '9990.99') ⇒ text|   -1.00
  to_char(-12, '9.') ⇒ text|-#.
  to_char(123, '999V99') ⇒ text| 12300
  to_char('NaN'::numeric,'9,999.99') ⇒ text|   NaN
  to_char(12.5::float8,'FM999th') ⇒ text|12th
  to_char(100, '99%') ⇒ text| ##%
  to_char(0.001, '999.99') ⇒ text|    .00
  to_char(12.345, 'PL999') ⇒ text|+  12
  to_char(1234, '999PL') ⇒ text| ###+
  to_char(99.995, 'PL999') ⇒ text|+ 100
  to_char(1, '0999.99') ⇒ text| 0001.00
  to_char(1e10, '9.99') ⇒ text| #.##
  to_char('NaN'::numeric,'999.99') ⇒ text| NaN
  to_char(1, '999S') ⇒ text|  1+
  to_char(-485, 'rn') ⇒ text|###############
  to_char(100, 'L99.99') ⇒ text|  ##.##
  to_char(1234567.891, '99') ⇒ text| ##
  to_char(-1, 'FMS99') ⇒ text|-1
  to_char(0.1, '999PL') ⇒ text|   0+
  to_char(1e10, '9,999.99') ⇒ text| #,###.##
  to_char(12, 'FM999') ⇒ text|12
  to_char(1e10::float8,'0,000') ⇒ text| #,###
  to_char(1e10::float8,'9') ⇒ text| #
  to_char(99.995, '999999999999') ⇒ text|          100
  to_char(12, 'FM9,999,999.00') ⇒ text|12.00
  to_char(-0.001::float8,'999th') ⇒ text|  -0
  to_char('NaN'::float8,'"x"99') ⇒ text|x ##
  to_char(123456.789::float8,'S999') ⇒ text|+###
  to_number('-12','S99') ⇒ numeric|-12
  to_char(1e10::float8,'L99.99') ⇒ text|  ##.##
  to_char(0, 'FM999.990') ⇒ text|.000
  to_char(0.001, 'FM999.') ⇒ text|0
  to_char(12, 'B99') ⇒ text| 12
  to_char(123, 'FM9.9') ⇒ text|#.#
  to_char(100, '99"y"') ⇒ text| ##y
  to_char(12.5::float8,'RN') ⇒ text|            XII
  to_char('NaN'::float8,'S999') ⇒ text|+NaN
  to_char(1, '99.99EEEE99') ⇒ ERROR 42601 "EEEE" must be the last pattern used
  to_char(-12, 'FMS99') ⇒ text|-12
  to_char(123456.789::float4,'999V99') ⇒ text| #####
  to_char(-1, '9,999') ⇒ text|    -1
  to_char(1e10, '99%') ⇒ text| ##%
  to_char('NaN'::numeric,'999D') ⇒ text| NaN
  to_char(12.5::float8,'999D') ⇒ text|  12
  to_char(123, '99%') ⇒ text| ##%
  to_char(0.5, 'FM999.990') ⇒ text|.500
  to_char(12::int8,'FM99.0') ⇒ text|12.0
  to_char(99.995, '999V99') ⇒ text| 10000
  to_char(12.5::float8,'FM999.990') ⇒ text|12.500
  to_char(0, '099') ⇒ text| 000
  to_char(123, '999') ⇒ text| 123
  to_char(99.995, 'RN') ⇒ text|              C
  to_char('-Infinity'::float8,'999.99') ⇒ text|-###.##
  to_char(-1, 'S0') ⇒ text|-1
  to_char(99.995, '"x"99') ⇒ text|x ##
  to_char(99.995, 'FM000.000') ⇒ text|099.995
  to_char(12.5::float8,'"x"99') ⇒ text|x 12
  to_char('NaN'::float8,'SG999') ⇒ text|+NaN
  to_char(1e10::float8,'999S') ⇒ text|###+
  to_char(12.345, '999S') ⇒ text| 12+
  to_char(1, '9 9 9') ⇒ text|     1
  to_char(1e10::float8,'99.99') ⇒ text| ##.##
  to_char(-0.5, 'PL999') ⇒ text|   -1
  to_char(-0.001::float8,'FM99.0') ⇒ text|-.0
  to_char(0.5, '0,000') ⇒ text| 0,001
  to_char(0, '9G999D99') ⇒ text|      .00
  to_char(-0.5, 'rn') ⇒ text|###############
  to_char(-485, '999PR') ⇒ text|<485>
  to_char('NaN'::float8,'PL999') ⇒ text|+ NaN
  to_char(1e10, 'FM99.0') ⇒ text|##.#
  to_char(-0.001::float8,'FM9,999') ⇒ text|-0
  to_char(1e10::float8,'999PL') ⇒ text| ###+
  to_char(12, '999PR') ⇒ text|  12 
  to_char(12.5::float8,'0999.99') ⇒ text| 0012.50
  to_char(-3::int8,'999D') ⇒ text|  -3
  to_char(12.5::float8,'FM9.9') ⇒ text|#.#
  to_char(-3::int8,'FM9.9') ⇒ text|-3.
  to_char('NaN'::float8,'0999.99') ⇒ text| 0NaN
  to_char(1e10, 'FM999.990') ⇒ text|###.###
  to_char(12.5::float8,'FM990.9') ⇒ text|12.5
  to_char(100, 'S0') ⇒ text|+#
  to_char(12::int8,'SG0.9') ⇒ text|+#.#
  to_char('-Infinity'::float8,'99%') ⇒ text|-##%
  to_char(1234567.891, '99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(0, '99') ⇒ text|  0
  to_char(0.5, '99%') ⇒ text|  1%
  to_char(1e10::float8,'99') ⇒ text| ##
  to_char(12::int8,'99.99S') ⇒ text|12.00+
  to_char(485, 'FM000.000') ⇒ text|485.000
  to_char(12.345, '999.99') ⇒ text|  12.35
  to_char(-1234.5, '999V99') ⇒ text|-#####
  to_char(485, 'L999') ⇒ text|  485
  to_char(-485, 'SG0.9') ⇒ text|-#.#
  to_char(1234, '9990.99') ⇒ text| 1234.00
  to_char(-1234.5, '99%') ⇒ text|-##%
  to_char(1e10, '99.99S') ⇒ text|##.##+
  to_char(1234567.891, '9.99') ⇒ text| #.##
  to_char(123456.789::float8,'999999999999') ⇒ text|       123457
  to_char('NaN'::numeric,'FM999') ⇒ text|NaN
  to_char(-0.001::float8,'99%') ⇒ text| -0%
  to_char(-3::int8,'SG999') ⇒ text|-  3
  to_char(1e10, '9.') ⇒ text| #.
  to_char(-0.001::float8,'FM999PR') ⇒ text|<0>
  to_char(100, '$99') ⇒ text|$ ##
  to_char(12.5::float4,'99') ⇒ text| 12
  to_char(0.001, '$99') ⇒ text|$  0
  to_char(0, 'FM9,999,999.00') ⇒ text|.00
  to_char(1234, '99') ⇒ text| ##
  to_char(123, 'FMRN') ⇒ text|CXXIII
  to_char(485, 'FM999') ⇒ text|485
  to_char(0.001, 'PL999') ⇒ text|+   0
  to_char(-485, '0.99') ⇒ text|-#.##
  to_char(-12, 'RN') ⇒ text|###############
  to_char(1234567.891, '999V99') ⇒ text| #####
  to_char(12, 'L999') ⇒ text|   12
  to_char('-Infinity'::float8,'FM999PR') ⇒ text|<###>
  to_char(123456.789::float8,'S99.99') ⇒ text|+##.##
  to_char(12.5::float4,'S0') ⇒ text|+#
  to_char(-1, 'L99.99') ⇒ text|  -1.00
  to_char(-1234.5, 'FM000.000') ⇒ text|-###.###
  to_char(-0.5, '999MI') ⇒ text|  1-
  to_char(-3::int8,'FMRN') ⇒ text|###############
  to_char(1234, 'rn') ⇒ text|       mccxxxiv
  to_char(1e10, 'FM999PR') ⇒ text|###
  to_char(-0.001::float8,'FM999.99') ⇒ text|-0.
  to_char('NaN'::numeric,'9,999') ⇒ text|   NaN
  to_char(100, '9.99') ⇒ text| #.##
  to_char(12, 'FM999.') ⇒ text|12
  to_char(12.5::float8,'99') ⇒ text| 12
  to_char(-3::int8,'B99') ⇒ text| -3
  to_char(123456.789::float8,'999D') ⇒ text| ###.
  to_char(0.1, '99') ⇒ text|  0
  to_char(100, '0999.99') ⇒ text| 0100.00
  to_char(0.1, 'MI999') ⇒ text|   0
  to_char(12.345, 'FM99.0') ⇒ text|12.3
  to_char(12, '9,999') ⇒ text|    12
  to_char(485, '9,999.99') ⇒ text|   485.00
  to_char(1234, 'B99') ⇒ text| ##
  to_char(-3::int8,'99.99S') ⇒ text| 3.00-
  to_char(0.1, 'FM99.0') ⇒ text|.1
  to_char(485, '000.000') ⇒ text| 485.000
  to_char(123456.789::float4,'FM999PR') ⇒ text|###
  to_char(485, 'SG0.9') ⇒ text|+#.#
  to_char(-1, 'MI999') ⇒ text|-  1
  to_char(-0.5, 'FM999PR') ⇒ text|<1>
  to_char(0, 'RN') ⇒ text|###############
  to_char('NaN'::numeric,'FMRN') ⇒ ERROR 0A000 cannot convert NaN to integer
  to_char(100, 'L999') ⇒ text|  100
  to_char(123, 'PL999') ⇒ text|+ 123
  to_char(-0.5, '9,999') ⇒ text|    -1
  to_char(0.001, 'rn') ⇒ text|###############
  to_char(12.345, '99%') ⇒ text| 12%
  to_char(12.5::float4,'FM999.99') ⇒ text|12.5
  to_char(-0.5, '9 9 9') ⇒ text|    -1
  to_char(-0.5, '99.99') ⇒ text|  -.50
  to_char(123, 'FM999.99') ⇒ text|123.
  to_char(99.995, '999S') ⇒ text|100+
  to_char(1234, 'FM999.990') ⇒ text|###.###
  to_char('-Infinity'::float8,'99"y"') ⇒ text|-##y
  to_char(-0.001::float8,'999PL') ⇒ text|  -0 
  to_char(-12, '099') ⇒ text|-012
  to_char(123, 'FM000.000') ⇒ text|123.000
  to_char(485, 'rn') ⇒ text|        cdlxxxv
  to_char(0.1, 'FM9,999,999.00') ⇒ text|.10
  to_char(-1, '999PR') ⇒ text|  <1>
  to_char(1234, '0999.99') ⇒ text| 1234.00
  to_char(123, 'FM9,999') ⇒ text|123
  to_char(0.5, 'FM999.') ⇒ text|1
  to_char(0.001, '9 9 9') ⇒ text|     0
  to_char('NaN'::numeric,'FM9.9') ⇒ text|#.#
  to_char(1234567.891, '999S') ⇒ text|###+
  to_char(485, '99.9.9') ⇒ ERROR 42601 multiple decimal points
  to_char(1234567.891, 'FM9,999,999.00') ⇒ text|1,234,567.89
  to_char(485, '99.99') ⇒ text| ##.##
  to_char('NaN'::float8,'FMS99') ⇒ text|+##
  to_char(-1, '9G999D99') ⇒ text|    -1.00
  to_char('NaN'::numeric,'FM9,999') ⇒ text|NaN
  to_char(-0.001::float8,'S0') ⇒ text|-0
  to_char(485, '999D') ⇒ text| 485
  to_char(-12, 'FM9,999') ⇒ text|-12
  to_char(-1234.5, '9 9 9') ⇒ text|-# # #
  to_char(0.1, 'FM999') ⇒ text|0
  to_char(0.1, '99.99') ⇒ text|   .10
  to_char(123456.789::float8,'FM999PR') ⇒ text|###
  to_char(-0.5, 'B99') ⇒ text| -1
  to_char(123456.789::float4,'FM9,999') ⇒ text|#,###
  to_char(-0.001::float8,'SG999') ⇒ text|-  0
  to_char('-Infinity'::float8,'S999') ⇒ text|-###
  to_char(1e10::float8,'999999999999') ⇒ text|  10000000000
  to_char(123456.789::float4,'9G999D99') ⇒ text| #,###.
  to_char(99.995, '9 9 9') ⇒ text| 1 0 0
  to_char('-Infinity'::float8,'FM9,999') ⇒ text|-#,###
  to_char(1234567.891, 'L99.99') ⇒ text|  ##.##
  to_char(123, 'SG0.9') ⇒ text|+#.#
  to_char('-Infinity'::float8,'FM999') ⇒ text|-###
  to_char(-485, '999V99') ⇒ text|-48500
  to_char(-3::int8,'S99.99') ⇒ text| -3.00
  to_char(485, '99.99S') ⇒ text|##.##+
  to_char(485, '"x"99') ⇒ text|x ##
  to_char(-0.5, 'S99.99') ⇒ text|  -.50
  to_char(1234567.891, 'FM99.0') ⇒ text|##.#
  to_char(-1234.5, '999PR') ⇒ text|<###>
  to_char(1, '99') ⇒ text|  1
  to_char(100, '999TH') ⇒ text| 100TH
  to_char(-1234.5, 'FM999') ⇒ text|-###
  to_char(123456.789::float4,'L999') ⇒ text|  ###
  to_char(12, '999PL') ⇒ text|  12+
  """#
