/// Dates, times and intervals; overload resolution.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let dateTimeExpectations = #"""
  'abc' || 'def' ⇒ text|abcdef
  'abc' || 1 ⇒ text|abc1
  1 || 'abc' ⇒ text|1abc
  1 || 2 ⇒ ERROR 42883 operator does not exist: integer || integer
  true || 'x' ⇒ text|truex
  'x' || true ⇒ text|xtrue
  'x'::char(3) || 'y' ⇒ text|xy
  'x'::char(3) || 'y'::char(3) ⇒ text|xy
  'x'::varchar || 'y'::name ⇒ text|xy
  null || 'x' ⇒ text|<null>
  1.50 || '' ⇒ text|1.50
  1 + '2' ⇒ integer|3
  '1' + '2' ⇒ ERROR 42725 operator is not unique: unknown + unknown
  '1' + 2.5 ⇒ numeric|3.5
  1 + 2.5 ⇒ numeric|3.5
  1::int2 + 1::int8 ⇒ bigint|2
  1::float4 + 1::float8 ⇒ double precision|2
  1::float4 + 1 ⇒ double precision|2
  1::float4 + 1.5 ⇒ double precision|2.5
  1::numeric + 1::float4 ⇒ double precision|2
  'a' = 'a' ⇒ boolean|t
  'a' = 1 ⇒ ERROR 22P02 invalid input syntax for type integer: "a"
  1 = '1' ⇒ boolean|t
  1 = 'a' ⇒ ERROR 22P02 invalid input syntax for type integer: "a"
  1::int2 = 1.0 ⇒ boolean|t
  '2020-01-01' = date '2020-01-01' ⇒ boolean|t
  date '2020-01-01' = timestamp '2020-01-01' ⇒ boolean|t
  date '2020-01-01' + 1 ⇒ date|2020-01-02
  1 + date '2020-01-01' ⇒ date|2020-01-02
  date '2020-01-01' - date '2019-01-01' ⇒ integer|365
  date '2020-01-31' + interval '1 month' ⇒ timestamp without time zone|2020-02-29 00:00:00
  timestamp '2020-01-31 10:00' + interval '1 month 1 day 01:00' ⇒ timestamp without time zone|2020-03-01 11:00:00
  timestamp '2020-03-31 10:00' - interval '1 month' ⇒ timestamp without time zone|2020-02-29 10:00:00
  timestamptz '2020-03-31 10:00+02' - interval '1 month' ⇒ timestamp with time zone|2020-02-29 08:00:00+00
  timestamp '2020-03-31 10:00' - timestamp '2020-01-01' ⇒ interval|90 days 10:00:00
  timestamp '2020-01-01' - timestamp '2020-03-31 10:00' ⇒ interval|-90 days -10:00:00
  date '2020-01-01' - timestamp '2019-01-01' ⇒ interval|365 days
  '2020-01-01' - date '2019-01-01' ⇒ integer|365
  date '2020-01-01' - '2019-01-01' ⇒ integer|365
  date '2020-01-01' + '1 day' ⇒ ERROR 42725 operator is not unique: date + unknown
  timestamp '2020-01-01' + '1 day' ⇒ timestamp without time zone|2020-01-02 00:00:00
  interval '1 day' * 2 ⇒ interval|2 days
  interval '1 day' * 2.5 ⇒ interval|2 days 12:00:00
  2 * interval '1 month 3 days 10:00' ⇒ interval|2 mons 6 days 20:00:00
  interval '1 month 15 days' / 2 ⇒ interval|22 days 12:00:00
  interval '1 year' / 7 ⇒ interval|1 mon 21 days 10:17:08.5344
  interval '1 day' / 0 ⇒ ERROR 22012 division by zero
  interval '10 days 05:30' * 1.33 ⇒ interval|13 days 14:30:54
  - interval '1 mon -3 days 04:05:06.789' ⇒ interval|-1 mons +3 days -04:05:06.789
  interval '1-2' ⇒ interval|1 year 2 mons
  interval 'P1Y2M3DT4H5M6.7S' ⇒ interval|1 year 2 mons 3 days 04:05:06.7
  interval '1.5 years' ⇒ interval|1 year 6 mons
  interval '1.5 months' ⇒ interval|1 mon 15 days
  interval '1.5 weeks' ⇒ interval|10 days 12:00:00
  interval '1.5 days' ⇒ interval|1 day 12:00:00
  interval '0.1 months' ⇒ interval|3 days
  interval '3 4:05' ⇒ interval|3 days 04:05:00
  interval '4:05' ⇒ interval|04:05:00
  interval '4:05:06.789' ⇒ interval|04:05:06.789
  interval '-4:05:06.789' ⇒ interval|-04:05:06.789
  interval '1 day -4:05:06' ⇒ interval|1 day -04:05:06
  interval '-1 day +4:05:06' ⇒ interval|-1 days +04:05:06
  interval '1' ⇒ interval|00:00:01
  interval '1.5' ⇒ interval|00:00:01.5
  interval '@ 1 minute' ⇒ interval|00:01:00
  interval '' ⇒ ERROR 22007 invalid input syntax for type interval: ""
  interval 'foo' ⇒ ERROR 22007 invalid input syntax for type interval: "foo"
  interval '1 foo' ⇒ ERROR 22007 invalid input syntax for type interval: "1 foo"
  interval '1 1' ⇒ ERROR 22007 invalid input syntax for type interval: "1 1"
  interval '2 decades 1 century 1 millennium' ⇒ interval|1120 years
  interval '100000000 years' ⇒ interval|100000000 years
  interval '1 day 1 day' ⇒ ERROR 22007 invalid input syntax for type interval: "1 day 1 day"
  interval '1 us 1 ms' ⇒ interval|00:00:00.001001
  interval '-1-2' ⇒ interval|-1 years -2 mons
  interval '1 mon 1' ⇒ interval|1 mon 00:00:01
  interval '23:59:60' ⇒ interval|24:00:00
  interval '00:00:00' ⇒ interval|00:00:00
  interval '0' ⇒ interval|00:00:00
  interval '1 week' ⇒ interval|7 days
  interval '1e3 seconds' ⇒ ERROR 22007 invalid input syntax for type interval: "1e3 seconds"
  interval '1.1234567 seconds' ⇒ interval|00:00:01.123457
  interval '13 months' ⇒ interval|1 year 1 mon
  interval '-13 months' ⇒ interval|-1 years -1 mons
  interval '-13 months 1 day' ⇒ interval|-1 years -1 mons +1 day
  interval '1 month' = interval '30 days' ⇒ boolean|t
  interval '1 day' = interval '24:00' ⇒ boolean|t
  interval '1 month' < interval '31 days' ⇒ boolean|t
  justify_hours(interval '100:00') ⇒ interval|4 days 04:00:00
  justify_days(interval '100 days') ⇒ interval|3 mons 10 days
  justify_interval(interval '1 mon -1 hour') ⇒ interval|29 days 23:00:00
  justify_interval(interval '-1 mon 35 days 30:00') ⇒ interval|6 days 06:00:00
  extract(year from date '2020-02-29') ⇒ numeric|2020
  extract(epoch from date '2020-02-29') ⇒ numeric|1582934400
  extract(epoch from timestamp '2020-02-29 12:34:56.789') ⇒ numeric|1582979696.789000
  extract(second from timestamp '2020-02-29 12:34:56.789') ⇒ numeric|56.789000
  extract(milliseconds from timestamp '2020-02-29 12:34:56.789') ⇒ numeric|56789.000
  extract(microseconds from timestamp '2020-02-29 12:34:56.789') ⇒ numeric|56789000
  extract(dow from timestamp '2020-02-29 12:34:56.789') ⇒ numeric|6
  extract(isodow from date '2020-03-01') ⇒ numeric|7
  extract(doy from date '2020-12-31') ⇒ numeric|366
  extract(week from date '2020-12-31') ⇒ numeric|53
  extract(week from date '2021-01-01') ⇒ numeric|53
  extract(isoyear from date '2021-01-01') ⇒ numeric|2020
  extract(quarter from date '2021-05-01') ⇒ numeric|2
  extract(decade from date '2021-05-01') ⇒ numeric|202
  extract(century from date '2000-05-01') ⇒ numeric|20
  extract(century from date '2001-05-01') ⇒ numeric|21
  extract(millennium from date '2001-05-01') ⇒ numeric|3
  extract(century from date '0001-01-01 BC') ⇒ numeric|-1
  extract(year from date '0001-01-01 BC') ⇒ numeric|-1
  extract(decade from date '0011-01-01 BC') ⇒ numeric|-1
  extract(decade from date '0001-01-01 BC') ⇒ numeric|0
  extract(millennium from date '1001-01-01 BC') ⇒ numeric|-2
  extract(julian from date '2020-01-01') ⇒ numeric|2458850
  extract(julian from timestamp '2020-01-01 06:00') ⇒ numeric|2458850.25000000000000000000
  extract(hour from date '2020-01-01') ⇒ ERROR 0A000 unit "hour" not supported for type date
  extract(foo from date '2020-01-01') ⇒ ERROR 22023 unit "foo" not recognized for type date
  extract(hour from time '10:20:30.5') ⇒ numeric|10
  extract(epoch from time '10:20:30.5') ⇒ numeric|37230.500000
  extract(day from time '10:20:30.5') ⇒ ERROR 0A000 unit "day" not supported for type time without time zone
  extract(epoch from interval '1 year 2 months 3 days 04:05:06.7') ⇒ numeric|37015506.700000
  extract(day from interval '40 days 25:00') ⇒ numeric|40
  extract(hour from interval '40 days 25:00') ⇒ numeric|25
  extract(week from interval '40 days 25:00') ⇒ ERROR 0A000 unit "week" not supported for type interval
  extract(quarter from interval '5 months') ⇒ numeric|2
  extract(timezone from timestamptz '2020-01-01') ⇒ numeric|0
  extract(year from timestamp 'infinity') ⇒ numeric|Infinity
  extract(month from timestamp 'infinity') ⇒ numeric|<null>
  extract(epoch from date '-infinity') ⇒ numeric|-Infinity
  date_part('year', timestamp '2020-02-29 12:34:56.789') ⇒ double precision|2020
  date_part('second', timestamp '2020-02-29 12:34:56.789') ⇒ double precision|56.789
  date_part('epoch', timestamptz '2020-02-29 12:34:56.789+02') ⇒ double precision|1582972496.789
  date_part('hour', date '2020-02-29') ⇒ double precision|0
  date_part('year', '2020-02-29') ⇒ ERROR 42725 function date_part(unknown, unknown) is not unique
  date_trunc('month', timestamp '2020-02-29 12:34:56.789') ⇒ timestamp without time zone|2020-02-01 00:00:00
  date_trunc('hour', timestamptz '2020-02-29 12:34:56.789') ⇒ timestamp with time zone|2020-02-29 12:00:00+00
  date_trunc('week', date '2020-02-29') ⇒ timestamp with time zone|2020-02-24 00:00:00+00
  date_trunc('quarter', timestamp '2020-05-29 12:34:56.789') ⇒ timestamp without time zone|2020-04-01 00:00:00
  date_trunc('decade', timestamp '2025-05-29 12:34:56.789') ⇒ timestamp without time zone|2020-01-01 00:00:00
  date_trunc('century', timestamp '2025-05-29 12:34:56.789') ⇒ timestamp without time zone|2001-01-01 00:00:00
  date_trunc('millennium', timestamp '2025-05-29 12:34:56.789') ⇒ timestamp without time zone|2001-01-01 00:00:00
  date_trunc('century', timestamp '0055-05-29 BC') ⇒ timestamp without time zone|0100-01-01 00:00:00 BC
  date_trunc('decade', timestamp '0055-05-29 BC') ⇒ timestamp without time zone|0061-01-01 00:00:00 BC
  date_trunc('day', interval '3 days 04:05') ⇒ interval|3 days
  date_trunc('year', interval '13 months 04:05') ⇒ interval|1 year
  date_trunc('week', interval '13 months 04:05') ⇒ ERROR 0A000 unit "week" not supported for type interval
  date_trunc('month', '2025-05-29') ⇒ ERROR 42725 function date_trunc(unknown, unknown) is not unique
  age(timestamp '2020-03-01', timestamp '2019-12-31') ⇒ interval|2 mons 1 day
  age(timestamp '2001-04-10', timestamp '1957-06-13') ⇒ interval|43 years 9 mons 27 days
  age(timestamp '1957-06-13', timestamp '2001-04-10') ⇒ interval|-43 years -9 mons -27 days
  age(date '2020-03-31', date '2020-02-29') ⇒ interval|1 mon 2 days
  age(timestamp '2020-03-01 10:00', timestamp '2020-02-29 11:00') ⇒ interval|23:00:00
  age(timestamp '2020-02-29 11:00', timestamp '2020-03-01 10:00') ⇒ interval|-23:00:00
  make_date(2020,2,30) ⇒ ERROR 22008 date field value out of range: 2020-02-30
  make_date(2020,2,29) ⇒ date|2020-02-29
  make_date(-44,3,15) ⇒ date|0044-03-15 BC
  make_date(0,3,15) ⇒ ERROR 22008 date field value out of range: 0-03-15
  make_time(8,15,23.5) ⇒ time without time zone|08:15:23.5
  make_time(25,15,23.5) ⇒ ERROR 22008 time field value out of range: 25:15:23.5
  make_timestamp(2013,7,15,8,15,23.5) ⇒ timestamp without time zone|2013-07-15 08:15:23.5
  to_timestamp(1284352323) ⇒ timestamp with time zone|2010-09-13 04:32:03+00
  to_timestamp(1284352323.25) ⇒ timestamp with time zone|2010-09-13 04:32:03.25+00
  to_timestamp('Infinity'::float8) ⇒ timestamp with time zone|infinity
  date '1999-01-08' ⇒ date|1999-01-08
  date 'January 8, 1999' ⇒ date|1999-01-08
  date '1/8/1999' ⇒ date|1999-01-08
  date '1/18/1999' ⇒ date|1999-01-18
  date '18/1/1999' ⇒ ERROR 22008 date/time field value out of range: "18/1/1999"
  date '01/02/03' ⇒ date|2003-01-02
  date '1999-Jan-08' ⇒ date|1999-01-08
  date 'Jan-08-1999' ⇒ date|1999-01-08
  date '08-Jan-1999' ⇒ date|1999-01-08
  date '99-Jan-08' ⇒ ERROR 22008 date/time field value out of range: "99-Jan-08"
  date '08-Jan-99' ⇒ date|1999-01-08
  date 'Jan-08-99' ⇒ date|1999-01-08
  date '19990108' ⇒ date|1999-01-08
  date '990108' ⇒ date|1999-01-08
  date 'J2451187' ⇒ date|1999-01-08
  date 'January 8, 99 BC' ⇒ date|0099-01-08 BC
  date '99-01-08' ⇒ ERROR 22008 date/time field value out of range: "99-01-08"
  date '1999-13-01' ⇒ ERROR 22008 date/time field value out of range: "1999-13-01"
  date '1999-02-30' ⇒ ERROR 22008 date/time field value out of range: "1999-02-30"
  date '1999-00-01' ⇒ ERROR 22008 date/time field value out of range: "1999-00-01"
  date '0000-01-01' ⇒ ERROR 22008 date/time field value out of range: "0000-01-01"
  date 'foo' ⇒ ERROR 22007 invalid input syntax for type date: "foo"
  date '' ⇒ ERROR 22007 invalid input syntax for type date: ""
  date '2020' ⇒ ERROR 22007 invalid input syntax for type date: "2020"
  date '2020-01' ⇒ ERROR 22007 invalid input syntax for type date: "2020-01"
  date '20200101T10' ⇒ ERROR 22007 invalid input syntax for type date: "20200101T10"
  date '5874897-12-31' ⇒ date|5874897-12-31
  date '5874898-01-01' ⇒ ERROR 22008 date out of range: "5874898-01-01"
  date '4714-11-24 BC' ⇒ date|4714-11-24 BC
  date '4714-11-23 BC' ⇒ ERROR 22008 date out of range: "4714-11-23 BC"
  date 'infinity' ⇒ date|infinity
  date '-infinity' ⇒ date|-infinity
  date 'epoch' ⇒ date|1970-01-01
  date '2020-01-01 10:00:00' ⇒ date|2020-01-01
  date '2020-1-1' ⇒ date|2020-01-01
  date '  2020-01-01  ' ⇒ date|2020-01-01
  date '8 January 1999' ⇒ date|1999-01-08
  date 'Jan 8 1999' ⇒ date|1999-01-08
  date '1999 Jan 8' ⇒ date|1999-01-08
  date 'Friday, January 8, 1999' ⇒ date|1999-01-08
  date '2020-01-01x' ⇒ ERROR 22007 invalid input syntax for type date: "2020-01-01x"
  date '10000-01-01' ⇒ date|10000-01-01
  timestamp '2020-01-01' ⇒ timestamp without time zone|2020-01-01 00:00:00
  timestamp '2020-01-01 10:00' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamp '2020-01-01T10:00:00' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamp '2020-01-01 10:00:00.1234567' ⇒ timestamp without time zone|2020-01-01 10:00:00.123457
  timestamp '2020-01-01 10:00:00.1234565' ⇒ timestamp without time zone|2020-01-01 10:00:00.123456
  timestamp '2020-01-01 10:00:00Z' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamp '2020-01-01 10:00:00+05' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamptz '2020-01-01 10:00:00+05:30' ⇒ timestamp with time zone|2020-01-01 04:30:00+00
  timestamptz '2020-01-01 10:00:00-0530' ⇒ timestamp with time zone|2020-01-01 15:30:00+00
  timestamptz '2020-01-01 10:00:00 UTC' ⇒ timestamp with time zone|2020-01-01 10:00:00+00
  timestamptz '2020-01-01 10:00:00 EST' ⇒ timestamp with time zone|2020-01-01 15:00:00+00
  timestamptz '2020-01-01 10:00:00 PDT' ⇒ timestamp with time zone|2020-01-01 17:00:00+00
  timestamptz '2020-01-01' ⇒ timestamp with time zone|2020-01-01 00:00:00+00
  timestamp '2020-01-01 24:00:00' ⇒ timestamp without time zone|2020-01-02 00:00:00
  timestamp '2020-01-01 25:00:00' ⇒ ERROR 22008 date/time field value out of range: "2020-01-01 25:00:00"
  timestamp '2020-01-01 10:60:00' ⇒ ERROR 22008 date/time field value out of range: "2020-01-01 10:60:00"
  timestamp '2020-01-01 10:00:60' ⇒ timestamp without time zone|2020-01-01 10:01:00
  timestamp '2020-01-01 10:00:61' ⇒ ERROR 22008 date/time field value out of range: "2020-01-01 10:00:61"
  timestamp '2020-01-01 10:00 PM' ⇒ timestamp without time zone|2020-01-01 22:00:00
  timestamp '2020-01-01 12:00 AM' ⇒ timestamp without time zone|2020-01-01 00:00:00
  timestamp '2020-01-01 13:00 PM' ⇒ ERROR 22008 date/time field value out of range: "2020-01-01 13:00 PM"
  timestamp '294276-12-31 23:59:59.999999' ⇒ timestamp without time zone|294276-12-31 23:59:59.999999
  timestamp '294277-01-01' ⇒ ERROR 22008 timestamp out of range: "294277-01-01"
  timestamp '4713-01-01 BC' ⇒ timestamp without time zone|4713-01-01 00:00:00 BC
  timestamp '4714-11-24 BC' ⇒ timestamp without time zone|4714-11-24 00:00:00 BC
  timestamp '0044-03-15 BC' ⇒ timestamp without time zone|0044-03-15 00:00:00 BC
  timestamp 'Jan 1 2020 10:00:00' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamp 'Wed Jan 01 10:00:00 2020' ⇒ timestamp without time zone|2020-01-01 10:00:00
  timestamp '20200101 101112' ⇒ timestamp without time zone|2020-01-01 10:11:12
  timestamp '20200101T101112' ⇒ timestamp without time zone|2020-01-01 10:11:12
  timestamp '2020-01-01 10' ⇒ ERROR 22007 invalid input syntax for type timestamp: "2020-01-01 10"
  timestamp 'epoch' ⇒ timestamp without time zone|1970-01-01 00:00:00
  timestamp 'allballs' ⇒ ERROR 22007 invalid input syntax for type timestamp: "allballs"
  timestamp 'foo 2020' ⇒ ERROR 22007 invalid input syntax for type timestamp: "foo 2020"
  time '10:20:30' ⇒ time without time zone|10:20:30
  time '10:20' ⇒ time without time zone|10:20:00
  time '102030' ⇒ time without time zone|10:20:30
  time '10:20:30.123456789' ⇒ time without time zone|10:20:30.123457
  time '24:00:00' ⇒ time without time zone|24:00:00
  time '24:00:01' ⇒ ERROR 22008 date/time field value out of range: "24:00:01"
  time '10:20 PM' ⇒ time without time zone|22:20:00
  time 'foo' ⇒ ERROR 22007 invalid input syntax for type time: "foo"
  time '10' ⇒ ERROR 22007 invalid input syntax for type time: "10"
  time '2020-01-01 10:20:30' ⇒ time without time zone|10:20:30
  time '10:20:30+02' ⇒ time without time zone|10:20:30
  time '04:05:06.789-8' ⇒ time without time zone|04:05:06.789
  time 'allballs' ⇒ time without time zone|00:00:00
  time '10:20' + interval '20 hours' ⇒ time without time zone|06:20:00
  time '10:20' - time '08:00' ⇒ interval|02:20:00
  time '10:20' - interval '20 hours' ⇒ time without time zone|14:20:00
  date '2020-01-01' + time '10:00' ⇒ timestamp without time zone|2020-01-01 10:00:00
  time '10:20'::interval ⇒ interval|10:20:00
  interval '30:20'::time ⇒ time without time zone|06:20:00
  timestamp '2020-01-01 10:20:30'::date ⇒ date|2020-01-01
  timestamp '2020-01-01 10:20:30'::time ⇒ time without time zone|10:20:30
  timestamptz '2020-01-01 10:20:30'::timestamp ⇒ timestamp without time zone|2020-01-01 10:20:30
  timestamp '2020-01-01 10:20:30' at time zone 'UTC' ⇒ timestamp with time zone|2020-01-01 10:20:30+00
  timestamp '2020-01-01 10:20:30' at time zone '+02' ⇒ timestamp with time zone|2020-01-01 12:20:30+00
  timestamptz '2020-01-01 10:20:30' at time zone 'EST' ⇒ timestamp without time zone|2020-01-01 05:20:30
  timestamptz '2020-01-01 10:20:30' at time zone 'foo' ⇒ ERROR 22023 time zone "foo" not recognized
  timestamp 'infinity' + interval '1 day' ⇒ timestamp without time zone|infinity
  timestamp 'infinity' - timestamp '2020-01-01' ⇒ ERROR 22008 cannot subtract infinite timestamps
  date 'infinity' - 1 ⇒ date|infinity
  date 'infinity' - date '2020-01-01' ⇒ ERROR 22008 cannot subtract infinite dates
  date 'infinity'::timestamp ⇒ timestamp without time zone|infinity
  date '5874897-12-31'::timestamp ⇒ ERROR 22008 date out of range for timestamp
  date '5874897-12-31' > timestamp '2020-01-01' ⇒ boolean|t
  timestamp '294276-12-31' + interval '1 year' ⇒ ERROR 22008 timestamp out of range
  date '5874897-12-31' + 1 ⇒ ERROR 22008 date out of range
  isfinite(date 'infinity') ⇒ boolean|f
  isfinite(timestamp '2020-01-01') ⇒ boolean|t
  """#
