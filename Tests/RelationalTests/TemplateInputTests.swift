import RoostRelational
import Testing

/// What is read by a template ends in a value or an error, whatever its digits say.
@Suite struct TemplateInputTests {
  private static let fields = [
    "AD", "A.D.", "AM", "A.M.", "CC", "D", "DAY", "DD", "DDD", "DY", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "HH",
    "HH12", "HH24", "I", "ID", "IDDD", "IW", "IY", "IYY", "IYYY", "J", "MI", "MM", "MON", "MONTH", "MS", "OF", "Q",
    "RM",
    "SS", "SSSS", "SSSSS", "TZ", "TZH", "TZM", "US", "W", "WW", "Y", "YY", "YYY", "YYYY", "Y,YYY",
  ]

  private static let texts = [
    "", "-", "+", "0", "-0", "999999999", "-999999999", "+99999999999999999999", "2147483647", "2147483648",
    "9223372036854775808", "999999999,999", "99:999999999", "+01:999999999", "IV", "December", "é",
  ]

  /// Errors of the fields' own; anything else would be a mistake, and a trap ends the process.
  private static let expected: Set<String> = ["22007", "22008", "22009", "0A000"]

  @Test(arguments: fields)
  func everyFieldTakesAnyDigits(_ field: String) {
    for name in ["to_timestamp", "to_date"] {
      for template in [
        field, field + "TH", "FM" + field, field + "YYYY", "YYYY" + field, "TZH:" + field, field + ":TZM",
      ] {
        for text in Self.texts {
          let failure = LongValue.failure { _ = try LongValue.call(name, [.text(text), .text(template)]) }
          if let failure {
            #expect(Self.expected.contains(String(failure.prefix(5))), "\(name)('\(text)', '\(template)'): \(failure)")
          }
        }
      }
    }
  }

  /// Values at the ends of their types through what computes with them.
  @Test func arithmeticOfTimesEndsInErrorsAtTheEnds() {
    let integers: [Datum] = [.integer(.min), .integer(-1), .integer(0), .integer(.max)]
    let doubles: [Datum] = [-.infinity, -1e300, -9.3e18, 0, 1e18, 1e300, .infinity, .nan].map { .double($0) }
    let intervals: [Datum] = [
      .interval(Interval(months: .min, days: .min, microseconds: .min)),
      .interval(Interval(months: .max, days: .max, microseconds: .max)),
      .interval(Interval(months: .min, days: .max, microseconds: .max)),
      .interval(Interval(months: 0, days: .max, microseconds: .min)),
    ]
    let dates: [Datum] = [.date(.min), .date(-2_451_545), .date(0), .date(2_145_031_948), .date(.max)]
    let instants: [Int64] = [.min, -211_813_488_000_000_000, 0, 9_223_371_331_199_999_999, .max]
    let values: [BaseType: [Datum]] = [
      .integer: integers, .double: doubles, .interval: intervals, .date: dates,
      .timestamp: instants.map { .timestamp($0) }, .timestamptz: instants.map { .timestamptz($0) },
      .time: [.time(0), .time(86_400_000_000)],
      .text: [
        "year", "century", "millennium", "week", "epoch", "us", "julian", "YYYY-MM-DD HH24:MI:SS.US", "CC IW J WW",
      ]
      .map { .text($0) },
    ]
    let times: Set<BaseType> = [.interval, .date, .timestamp, .timestamptz, .time]
    let catalogue = FunctionCatalogue.builtin
    var calls = 0
    for function in catalogue.functions.values.flatMap({ $0 }) + catalogue.operators.values.flatMap({ $0 }) {
      guard function.arguments.contains(where: times.contains) || times.contains(function.result) else { continue }
      var lists: [[Datum]] = [[]]
      for type in function.arguments {
        let choices = values[type] ?? [.null]
        lists = lists.flatMap { list in choices.map { list + [$0] } }
      }
      for list in lists {
        let failure = LongValue.failure { _ = try function.call(list, EvaluationContext(StatementContext())).text() }
        calls += 1
        #expect(failure?.hasPrefix("XX") != true, "\(function.name)\(list): \(failure ?? "")")
      }
    }
    #expect(calls > 1_000)
  }
}
