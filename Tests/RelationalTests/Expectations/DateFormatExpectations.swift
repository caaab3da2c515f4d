/// to_char, to_date and to_timestamp.
///
/// Each line is an expression and what PostgreSQL 15 answers: type and text, or SQLSTATE and message.
let dateFormatExpectations = #"""
  to_char(timestamp '2020-02-29 14:05:06.789012', 'YYYY-MM-DD') ⇒ text|2020-02-29
  to_char(timestamp '1999-12-31 00:00:00', 'YYYY-MM-DD') ⇒ text|1999-12-31
  to_char(timestamptz '2021-01-03 12:30:45+00', 'YYYY-MM-DD') ⇒ text|2021-01-03
  to_char(timestamp '0044-03-15 BC 01:02:03', 'YYYY-MM-DD') ⇒ text|0044-03-15
  to_char(date '2024-07-04', 'YYYY-MM-DD') ⇒ text|2024-07-04
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'YYYY-MM-DD') ⇒ text|0001-02-03
  to_char(interval '-1 day 30:00', 'YYYY-MM-DD') ⇒ text|0000-00--1
  to_char(timestamp 'infinity', 'YYYY-MM-DD') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|2020-02-29 14:05:06
  to_char(timestamp '1999-12-31 00:00:00', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|1999-12-31 00:00:00
  to_char(timestamptz '2021-01-03 12:30:45+00', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|2021-01-03 12:30:45
  to_char(timestamp '0044-03-15 BC 01:02:03', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|0044-03-15 01:02:03
  to_char(date '2024-07-04', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|2024-07-04 00:00:00
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|0001-02-03 04:05:06
  to_char(interval '-1 day 30:00', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|0000-00--1 30:00:00
  to_char(timestamp 'infinity', 'YYYY-MM-DD HH24:MI:SS') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'HH12:MI:SS AM') ⇒ text|02:05:06 PM
  to_char(timestamp '1999-12-31 00:00:00', 'HH12:MI:SS AM') ⇒ text|12:00:00 AM
  to_char(timestamptz '2021-01-03 12:30:45+00', 'HH12:MI:SS AM') ⇒ text|12:30:45 PM
  to_char(timestamp '0044-03-15 BC 01:02:03', 'HH12:MI:SS AM') ⇒ text|01:02:03 AM
  to_char(date '2024-07-04', 'HH12:MI:SS AM') ⇒ text|12:00:00 AM
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'HH12:MI:SS AM') ⇒ text|04:05:06 AM
  to_char(interval '-1 day 30:00', 'HH12:MI:SS AM') ⇒ text|06:00:00 AM
  to_char(timestamp 'infinity', 'HH12:MI:SS AM') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'Day, DD Month YYYY') ⇒ text|Saturday , 29 February  2020
  to_char(timestamp '1999-12-31 00:00:00', 'Day, DD Month YYYY') ⇒ text|Friday   , 31 December  1999
  to_char(timestamptz '2021-01-03 12:30:45+00', 'Day, DD Month YYYY') ⇒ text|Sunday   , 03 January   2021
  to_char(timestamp '0044-03-15 BC 01:02:03', 'Day, DD Month YYYY') ⇒ text|Friday   , 15 March     0044
  to_char(date '2024-07-04', 'Day, DD Month YYYY') ⇒ text|Thursday , 04 July      2024
  to_char(timestamp 'infinity', 'Day, DD Month YYYY') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'FMDay, FMDD FMMonth YYYY') ⇒ text|Saturday, 29 February 2020
  to_char(timestamp '1999-12-31 00:00:00', 'FMDay, FMDD FMMonth YYYY') ⇒ text|Friday, 31 December 1999
  to_char(timestamptz '2021-01-03 12:30:45+00', 'FMDay, FMDD FMMonth YYYY') ⇒ text|Sunday, 3 January 2021
  to_char(timestamp '0044-03-15 BC 01:02:03', 'FMDay, FMDD FMMonth YYYY') ⇒ text|Friday, 15 March 0044
  to_char(date '2024-07-04', 'FMDay, FMDD FMMonth YYYY') ⇒ text|Thursday, 4 July 2024
  to_char(timestamp 'infinity', 'FMDay, FMDD FMMonth YYYY') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'DY Dy dy') ⇒ text|SAT Sat sat
  to_char(timestamp '1999-12-31 00:00:00', 'DY Dy dy') ⇒ text|FRI Fri fri
  to_char(timestamptz '2021-01-03 12:30:45+00', 'DY Dy dy') ⇒ text|SUN Sun sun
  to_char(timestamp '0044-03-15 BC 01:02:03', 'DY Dy dy') ⇒ text|FRI Fri fri
  to_char(date '2024-07-04', 'DY Dy dy') ⇒ text|THU Thu thu
  to_char(interval '-1 day 30:00', 'DY Dy dy') ⇒ ERROR 22007 invalid format specification for an interval value
  to_char(timestamp 'infinity', 'DY Dy dy') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'MON Mon mon MM') ⇒ text|FEB Feb feb 02
  to_char(timestamp '1999-12-31 00:00:00', 'MON Mon mon MM') ⇒ text|DEC Dec dec 12
  to_char(timestamptz '2021-01-03 12:30:45+00', 'MON Mon mon MM') ⇒ text|JAN Jan jan 01
  to_char(timestamp '0044-03-15 BC 01:02:03', 'MON Mon mon MM') ⇒ text|MAR Mar mar 03
  to_char(date '2024-07-04', 'MON Mon mon MM') ⇒ text|JUL Jul jul 07
  to_char(timestamp 'infinity', 'MON Mon mon MM') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'MONTH month') ⇒ text|FEBRUARY  february 
  to_char(timestamp '1999-12-31 00:00:00', 'MONTH month') ⇒ text|DECEMBER  december 
  to_char(timestamptz '2021-01-03 12:30:45+00', 'MONTH month') ⇒ text|JANUARY   january  
  to_char(timestamp '0044-03-15 BC 01:02:03', 'MONTH month') ⇒ text|MARCH     march    
  to_char(date '2024-07-04', 'MONTH month') ⇒ text|JULY      july     
  to_char(timestamp 'infinity', 'MONTH month') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'Q WW IW W D ID DDD IDDD') ⇒ text|1 09 09 5 7 6 060 062
  to_char(timestamp '1999-12-31 00:00:00', 'Q WW IW W D ID DDD IDDD') ⇒ text|4 53 52 5 6 5 365 362
  to_char(timestamptz '2021-01-03 12:30:45+00', 'Q WW IW W D ID DDD IDDD') ⇒ text|1 01 53 1 1 7 003 371
  to_char(timestamp '0044-03-15 BC 01:02:03', 'Q WW IW W D ID DDD IDDD') ⇒ text|1 11 11 3 6 5 074 075
  to_char(date '2024-07-04', 'Q WW IW W D ID DDD IDDD') ⇒ text|3 27 27 1 5 4 186 186
  to_char(timestamp 'infinity', 'Q WW IW W D ID DDD IDDD') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'IYYY IYY IY I') ⇒ text|2020 020 20 0
  to_char(timestamp '1999-12-31 00:00:00', 'IYYY IYY IY I') ⇒ text|1999 999 99 9
  to_char(timestamptz '2021-01-03 12:30:45+00', 'IYYY IYY IY I') ⇒ text|2020 020 20 0
  to_char(timestamp '0044-03-15 BC 01:02:03', 'IYYY IYY IY I') ⇒ text|0044 044 44 4
  to_char(date '2024-07-04', 'IYYY IYY IY I') ⇒ text|2024 024 24 4
  to_char(timestamp 'infinity', 'IYYY IYY IY I') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'YYY YY Y') ⇒ text|020 20 0
  to_char(timestamp '1999-12-31 00:00:00', 'YYY YY Y') ⇒ text|999 99 9
  to_char(timestamptz '2021-01-03 12:30:45+00', 'YYY YY Y') ⇒ text|021 21 1
  to_char(timestamp '0044-03-15 BC 01:02:03', 'YYY YY Y') ⇒ text|044 44 4
  to_char(date '2024-07-04', 'YYY YY Y') ⇒ text|024 24 4
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'YYY YY Y') ⇒ text|001 01 1
  to_char(interval '-1 day 30:00', 'YYY YY Y') ⇒ text|000 00 0
  to_char(timestamp 'infinity', 'YYY YY Y') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'Y,YYY') ⇒ text|2,020
  to_char(timestamp '1999-12-31 00:00:00', 'Y,YYY') ⇒ text|1,999
  to_char(timestamptz '2021-01-03 12:30:45+00', 'Y,YYY') ⇒ text|2,021
  to_char(timestamp '0044-03-15 BC 01:02:03', 'Y,YYY') ⇒ text|0,044
  to_char(date '2024-07-04', 'Y,YYY') ⇒ text|2,024
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'Y,YYY') ⇒ text|0,001
  to_char(interval '-1 day 30:00', 'Y,YYY') ⇒ text|0,000
  to_char(timestamp 'infinity', 'Y,YYY') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'CC') ⇒ text|21
  to_char(timestamp '1999-12-31 00:00:00', 'CC') ⇒ text|20
  to_char(timestamptz '2021-01-03 12:30:45+00', 'CC') ⇒ text|21
  to_char(date '2024-07-04', 'CC') ⇒ text|21
  to_char(interval '-1 day 30:00', 'CC') ⇒ text|00
  to_char(timestamp 'infinity', 'CC') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'J') ⇒ text|2458909
  to_char(timestamp '1999-12-31 00:00:00', 'J') ⇒ text|2451544
  to_char(timestamptz '2021-01-03 12:30:45+00', 'J') ⇒ text|2459218
  to_char(timestamp '0044-03-15 BC 01:02:03', 'J') ⇒ text|1705428
  to_char(date '2024-07-04', 'J') ⇒ text|2460496
  to_char(timestamp 'infinity', 'J') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'SSSS SSSSS') ⇒ text|50706 50706
  to_char(timestamp '1999-12-31 00:00:00', 'SSSS SSSSS') ⇒ text|0 0
  to_char(timestamptz '2021-01-03 12:30:45+00', 'SSSS SSSSS') ⇒ text|45045 45045
  to_char(timestamp '0044-03-15 BC 01:02:03', 'SSSS SSSSS') ⇒ text|3723 3723
  to_char(date '2024-07-04', 'SSSS SSSSS') ⇒ text|0 0
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'SSSS SSSSS') ⇒ text|14706 14706
  to_char(interval '-1 day 30:00', 'SSSS SSSSS') ⇒ text|108000 108000
  to_char(timestamp 'infinity', 'SSSS SSSSS') ⇒ text|<null>
  to_char(date '2024-07-04', 'MS US FF1 FF2 FF3 FF4 FF5 FF6') ⇒ text|000 000000 0 00 000 0000 00000 000000
  to_char(interval '-1 day 30:00', 'MS US FF1 FF2 FF3 FF4 FF5 FF6') ⇒ text|000 000000 0 00 000 0000 00000 000000
  to_char(timestamp 'infinity', 'MS US FF1 FF2 FF3 FF4 FF5 FF6') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'am pm a.m. P.M.') ⇒ text|pm pm p.m. P.M.
  to_char(timestamp '1999-12-31 00:00:00', 'am pm a.m. P.M.') ⇒ text|am am a.m. A.M.
  to_char(timestamptz '2021-01-03 12:30:45+00', 'am pm a.m. P.M.') ⇒ text|pm pm p.m. P.M.
  to_char(timestamp '0044-03-15 BC 01:02:03', 'am pm a.m. P.M.') ⇒ text|am am a.m. A.M.
  to_char(date '2024-07-04', 'am pm a.m. P.M.') ⇒ text|am am a.m. A.M.
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'am pm a.m. P.M.') ⇒ text|am am a.m. A.M.
  to_char(interval '-1 day 30:00', 'am pm a.m. P.M.') ⇒ text|am am a.m. A.M.
  to_char(timestamp 'infinity', 'am pm a.m. P.M.') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'BC ad B.C.') ⇒ text|AD ad A.D.
  to_char(timestamp '1999-12-31 00:00:00', 'BC ad B.C.') ⇒ text|AD ad A.D.
  to_char(timestamptz '2021-01-03 12:30:45+00', 'BC ad B.C.') ⇒ text|AD ad A.D.
  to_char(timestamp '0044-03-15 BC 01:02:03', 'BC ad B.C.') ⇒ text|BC bc B.C.
  to_char(date '2024-07-04', 'BC ad B.C.') ⇒ text|AD ad A.D.
  to_char(interval '-1 day 30:00', 'BC ad B.C.') ⇒ ERROR 22007 invalid format specification for an interval value
  to_char(timestamp 'infinity', 'BC ad B.C.') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'RM rm FMRM') ⇒ text|II   ii   II
  to_char(timestamp '1999-12-31 00:00:00', 'RM rm FMRM') ⇒ text|XII  xii  XII
  to_char(timestamptz '2021-01-03 12:30:45+00', 'RM rm FMRM') ⇒ text|I    i    I
  to_char(timestamp '0044-03-15 BC 01:02:03', 'RM rm FMRM') ⇒ text|III  iii  III
  to_char(date '2024-07-04', 'RM rm FMRM') ⇒ text|VII  vii  VII
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'RM rm FMRM') ⇒ text|II   ii   II
  to_char(interval '-1 day 30:00', 'RM rm FMRM') ⇒ text|  
  to_char(timestamp 'infinity', 'RM rm FMRM') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'DDth') ⇒ text|29th
  to_char(timestamp '1999-12-31 00:00:00', 'DDth') ⇒ text|31st
  to_char(timestamptz '2021-01-03 12:30:45+00', 'DDth') ⇒ text|03rd
  to_char(timestamp '0044-03-15 BC 01:02:03', 'DDth') ⇒ text|15th
  to_char(date '2024-07-04', 'DDth') ⇒ text|04th
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'DDth') ⇒ text|03rd
  to_char(interval '-1 day 30:00', 'DDth') ⇒ text|-1st
  to_char(timestamp 'infinity', 'DDth') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'DDTH FMDDth') ⇒ text|29TH 29th
  to_char(timestamp '1999-12-31 00:00:00', 'DDTH FMDDth') ⇒ text|31ST 31st
  to_char(timestamptz '2021-01-03 12:30:45+00', 'DDTH FMDDth') ⇒ text|03RD 3rd
  to_char(timestamp '0044-03-15 BC 01:02:03', 'DDTH FMDDth') ⇒ text|15TH 15th
  to_char(date '2024-07-04', 'DDTH FMDDth') ⇒ text|04TH 4th
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'DDTH FMDDth') ⇒ text|03RD 3rd
  to_char(interval '-1 day 30:00', 'DDTH FMDDth') ⇒ text|-1ST -1st
  to_char(timestamp 'infinity', 'DDTH FMDDth') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', '"Year" YYYY') ⇒ text|Year 2020
  to_char(timestamp '1999-12-31 00:00:00', '"Year" YYYY') ⇒ text|Year 1999
  to_char(timestamptz '2021-01-03 12:30:45+00', '"Year" YYYY') ⇒ text|Year 2021
  to_char(timestamp '0044-03-15 BC 01:02:03', '"Year" YYYY') ⇒ text|Year 0044
  to_char(date '2024-07-04', '"Year" YYYY') ⇒ text|Year 2024
  to_char(interval '1 year 2 months 3 days 04:05:06.7', '"Year" YYYY') ⇒ text|Year 0001
  to_char(interval '-1 day 30:00', '"Year" YYYY') ⇒ text|Year 0000
  to_char(timestamp 'infinity', '"Year" YYYY') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'TZ tz OF TZH:TZM') ⇒ text|  +00 +00:00
  to_char(timestamp '1999-12-31 00:00:00', 'TZ tz OF TZH:TZM') ⇒ text|  +00 +00:00
  to_char(timestamptz '2021-01-03 12:30:45+00', 'TZ tz OF TZH:TZM') ⇒ text|UTC utc +00 +00:00
  to_char(timestamp '0044-03-15 BC 01:02:03', 'TZ tz OF TZH:TZM') ⇒ text|  +00 +00:00
  to_char(date '2024-07-04', 'TZ tz OF TZH:TZM') ⇒ text|UTC utc +00 +00:00
  to_char(timestamp 'infinity', 'TZ tz OF TZH:TZM') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'HH24MISS') ⇒ text|140506
  to_char(timestamp '1999-12-31 00:00:00', 'HH24MISS') ⇒ text|000000
  to_char(timestamptz '2021-01-03 12:30:45+00', 'HH24MISS') ⇒ text|123045
  to_char(timestamp '0044-03-15 BC 01:02:03', 'HH24MISS') ⇒ text|010203
  to_char(date '2024-07-04', 'HH24MISS') ⇒ text|000000
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'HH24MISS') ⇒ text|040506
  to_char(interval '-1 day 30:00', 'HH24MISS') ⇒ text|300000
  to_char(timestamp 'infinity', 'HH24MISS') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'YYYYMMDD') ⇒ text|20200229
  to_char(timestamp '1999-12-31 00:00:00', 'YYYYMMDD') ⇒ text|19991231
  to_char(timestamptz '2021-01-03 12:30:45+00', 'YYYYMMDD') ⇒ text|20210103
  to_char(timestamp '0044-03-15 BC 01:02:03', 'YYYYMMDD') ⇒ text|00440315
  to_char(date '2024-07-04', 'YYYYMMDD') ⇒ text|20240704
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'YYYYMMDD') ⇒ text|00010203
  to_char(interval '-1 day 30:00', 'YYYYMMDD') ⇒ text|000000-1
  to_char(timestamp 'infinity', 'YYYYMMDD') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'FMYYYY-FMMM-FMDD') ⇒ text|2020-2-29
  to_char(timestamp '1999-12-31 00:00:00', 'FMYYYY-FMMM-FMDD') ⇒ text|1999-12-31
  to_char(timestamptz '2021-01-03 12:30:45+00', 'FMYYYY-FMMM-FMDD') ⇒ text|2021-1-3
  to_char(timestamp '0044-03-15 BC 01:02:03', 'FMYYYY-FMMM-FMDD') ⇒ text|44-3-15
  to_char(date '2024-07-04', 'FMYYYY-FMMM-FMDD') ⇒ text|2024-7-4
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'FMYYYY-FMMM-FMDD') ⇒ text|1-2-3
  to_char(interval '-1 day 30:00', 'FMYYYY-FMMM-FMDD') ⇒ text|0-0--1
  to_char(timestamp 'infinity', 'FMYYYY-FMMM-FMDD') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'HH HH12 HH24') ⇒ text|02 02 14
  to_char(timestamp '1999-12-31 00:00:00', 'HH HH12 HH24') ⇒ text|12 12 00
  to_char(timestamptz '2021-01-03 12:30:45+00', 'HH HH12 HH24') ⇒ text|12 12 12
  to_char(timestamp '0044-03-15 BC 01:02:03', 'HH HH12 HH24') ⇒ text|01 01 01
  to_char(date '2024-07-04', 'HH HH12 HH24') ⇒ text|12 12 00
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'HH HH12 HH24') ⇒ text|04 04 04
  to_char(interval '-1 day 30:00', 'HH HH12 HH24') ⇒ text|06 06 30
  to_char(timestamp 'infinity', 'HH HH12 HH24') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'dd/mm/yyyy') ⇒ text|29/02/2020
  to_char(timestamp '1999-12-31 00:00:00', 'dd/mm/yyyy') ⇒ text|31/12/1999
  to_char(timestamptz '2021-01-03 12:30:45+00', 'dd/mm/yyyy') ⇒ text|03/01/2021
  to_char(timestamp '0044-03-15 BC 01:02:03', 'dd/mm/yyyy') ⇒ text|15/03/0044
  to_char(date '2024-07-04', 'dd/mm/yyyy') ⇒ text|04/07/2024
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'dd/mm/yyyy') ⇒ text|03/02/0001
  to_char(interval '-1 day 30:00', 'dd/mm/yyyy') ⇒ text|-1/00/0000
  to_char(timestamp 'infinity', 'dd/mm/yyyy') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'Mon DD, YYYY') ⇒ text|Feb 29, 2020
  to_char(timestamp '1999-12-31 00:00:00', 'Mon DD, YYYY') ⇒ text|Dec 31, 1999
  to_char(timestamptz '2021-01-03 12:30:45+00', 'Mon DD, YYYY') ⇒ text|Jan 03, 2021
  to_char(timestamp '0044-03-15 BC 01:02:03', 'Mon DD, YYYY') ⇒ text|Mar 15, 0044
  to_char(date '2024-07-04', 'Mon DD, YYYY') ⇒ text|Jul 04, 2024
  to_char(timestamp 'infinity', 'Mon DD, YYYY') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'abc') ⇒ text|aad
  to_char(timestamp '1999-12-31 00:00:00', 'abc') ⇒ text|aad
  to_char(timestamptz '2021-01-03 12:30:45+00', 'abc') ⇒ text|aad
  to_char(timestamp '0044-03-15 BC 01:02:03', 'abc') ⇒ text|abc
  to_char(date '2024-07-04', 'abc') ⇒ text|aad
  to_char(interval '-1 day 30:00', 'abc') ⇒ ERROR 22007 invalid format specification for an interval value
  to_char(timestamp 'infinity', 'abc') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', '') ⇒ text|<null>
  to_char(timestamp '1999-12-31 00:00:00', '') ⇒ text|<null>
  to_char(timestamptz '2021-01-03 12:30:45+00', '') ⇒ text|<null>
  to_char(timestamp '0044-03-15 BC 01:02:03', '') ⇒ text|<null>
  to_char(date '2024-07-04', '') ⇒ text|<null>
  to_char(interval '1 year 2 months 3 days 04:05:06.7', '') ⇒ text|<null>
  to_char(interval '-1 day 30:00', '') ⇒ text|<null>
  to_char(timestamp 'infinity', '') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'FMHH24:FMMI') ⇒ text|14:5
  to_char(timestamp '1999-12-31 00:00:00', 'FMHH24:FMMI') ⇒ text|0:0
  to_char(timestamptz '2021-01-03 12:30:45+00', 'FMHH24:FMMI') ⇒ text|12:30
  to_char(timestamp '0044-03-15 BC 01:02:03', 'FMHH24:FMMI') ⇒ text|1:2
  to_char(date '2024-07-04', 'FMHH24:FMMI') ⇒ text|0:0
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'FMHH24:FMMI') ⇒ text|4:5
  to_char(interval '-1 day 30:00', 'FMHH24:FMMI') ⇒ text|30:0
  to_char(timestamp 'infinity', 'FMHH24:FMMI') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'TMMonth') ⇒ text|February
  to_char(timestamp '1999-12-31 00:00:00', 'TMMonth') ⇒ text|December
  to_char(timestamptz '2021-01-03 12:30:45+00', 'TMMonth') ⇒ text|January
  to_char(timestamp '0044-03-15 BC 01:02:03', 'TMMonth') ⇒ text|March
  to_char(date '2024-07-04', 'TMMonth') ⇒ text|July
  to_char(interval '-1 day 30:00', 'TMMonth') ⇒ ERROR 22007 invalid format specification for an interval value
  to_char(timestamp 'infinity', 'TMMonth') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'YYYYth') ⇒ text|2020th
  to_char(timestamp '1999-12-31 00:00:00', 'YYYYth') ⇒ text|1999th
  to_char(timestamptz '2021-01-03 12:30:45+00', 'YYYYth') ⇒ text|2021st
  to_char(timestamp '0044-03-15 BC 01:02:03', 'YYYYth') ⇒ text|0044th
  to_char(date '2024-07-04', 'YYYYth') ⇒ text|2024th
  to_char(interval '1 year 2 months 3 days 04:05:06.7', 'YYYYth') ⇒ text|0001st
  to_char(interval '-1 day 30:00', 'YYYYth') ⇒ text|0000th
  to_char(timestamp 'infinity', 'YYYYth') ⇒ text|<null>
  to_char(timestamp '2020-02-29 14:05:06.789012', 'Dth') ⇒ text|7th
  to_char(timestamp '1999-12-31 00:00:00', 'Dth') ⇒ text|6th
  to_char(timestamptz '2021-01-03 12:30:45+00', 'Dth') ⇒ text|1st
  to_char(timestamp '0044-03-15 BC 01:02:03', 'Dth') ⇒ text|6th
  to_char(date '2024-07-04', 'Dth') ⇒ text|5th
  to_char(interval '-1 day 30:00', 'Dth') ⇒ ERROR 22007 invalid format specification for an interval value
  to_char(timestamp 'infinity', 'Dth') ⇒ text|<null>
  to_date('2020-01-02','YYYY-MM-DD') ⇒ date|2020-01-02
  to_date('20200102','YYYYMMDD') ⇒ date|2020-01-02
  to_date('02 Jan 2020','DD Mon YYYY') ⇒ date|2020-01-02
  to_date('January 2, 2020','Month DD, YYYY') ⇒ date|2020-01-02
  to_date('01/02/20','MM/DD/YY') ⇒ date|2020-01-02
  to_date('2020 123','YYYY DDD') ⇒ date|2020-05-02
  to_date('2020-13-01','YYYY-MM-DD') ⇒ ERROR 22008 date/time field value out of range: "2020-13-01"
  to_date('2020-02-30','YYYY-MM-DD') ⇒ ERROR 22008 date/time field value out of range: "2020-02-30"
  to_date('foo','YYYY') ⇒ ERROR 22007 invalid value "foo" for "YYYY"
  to_date('5 Dec 99','DD Mon YY') ⇒ date|1999-12-05
  to_date('2020/01/02','YYYY-MM-DD') ⇒ date|2020-01-02
  to_date('  2020-01-02','YYYY-MM-DD') ⇒ date|2020-01-02
  to_date('2451187','J') ⇒ date|1999-01-08
  to_date('2020-W05-3','IYYY-"W"IW-ID') ⇒ date|2020-01-29
  to_date('20-1-2','YY-MM-DD') ⇒ date|2020-01-02
  to_date('2020','YYYY') ⇒ date|2020-01-01
  to_date('','YYYY') ⇒ date|0001-01-01 BC
  to_date('1.2.2020','DD.MM.YYYY') ⇒ date|2020-02-01
  to_timestamp('2020-01-02 03:04:05','YYYY-MM-DD HH24:MI:SS') ⇒ timestamp with time zone|2020-01-02 03:04:05+00
  to_timestamp('20200102030405','YYYYMMDDHH24MISS') ⇒ timestamp with time zone|2020-01-02 03:04:05+00
  to_timestamp('05 Dec 2000','DD Mon YYYY') ⇒ timestamp with time zone|2000-12-05 00:00:00+00
  to_timestamp('12:30','HH24:MI') ⇒ timestamp with time zone|0001-01-01 12:30:00+00 BC
  to_timestamp('2020-01-02 +01:30','YYYY-MM-DD TZH:TZM') ⇒ timestamp with time zone|2020-01-01 22:30:00+00
  to_timestamp('2020-01-02 -01:30','YYYY-MM-DD TZH:TZM') ⇒ timestamp with time zone|2020-01-02 01:30:00+00
  to_timestamp('2020-01-02 -00:30','YYYY-MM-DD TZH:TZM') ⇒ timestamp with time zone|2020-01-02 00:30:00+00
  to_timestamp('2020-01-02 +16:00','YYYY-MM-DD TZH:TZM') ⇒ ERROR 22009 time zone displacement out of range: "2020-01-02 +16:00"
  to_timestamp('2020-01-02 +01:60','YYYY-MM-DD TZH:TZM') ⇒ ERROR 22009 time zone displacement out of range: "2020-01-02 +01:60"
  to_timestamp('+01:999999999','TZH:TZM') ⇒ ERROR 22009 time zone displacement out of range: "+01:999999999"
  """#
