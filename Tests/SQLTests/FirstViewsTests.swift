import RoostStore
import Testing

@testable import RoostSQL

@Suite("With which view a session's changes begin")
struct FirstViewsTests {
  private static let since = Timestamp(7)

  /// What an INSERT of such rows begins with, so many times.
  private func insert(_ views: inout FirstViews, _ times: Int = 1) -> [TransactionOptions.FirstView] {
    (0..<times).map { _ in views.next(bringsItsRows: true, since: Self.since) }
  }

  private func update(_ views: inout FirstViews, _ times: Int = 1) -> [TransactionOptions.FirstView] {
    (0..<times).map { _ in views.next(bringsItsRows: false, since: Self.since) }
  }

  private let applied = TransactionOptions.FirstView.applied(since: Self.since)

  @Test("rows that are brought along go by the view at hand, others by one that holds the session's commits")
  func usual() {
    var views = FirstViews()
    #expect(insert(&views, 40) == Array(repeating: .atHand, count: 40))
    #expect(update(&views) == [applied])
  }

  @Test("after one that was too old, sixteen begin with a better one")
  func tooOld() {
    var views = FirstViews()
    _ = insert(&views)
    views.wasTooOld()
    #expect(insert(&views, 17) == Array(repeating: applied, count: 16) + [.atHand])
    _ = update(&views)
    views.wasTooOld()
    #expect(update(&views, 17) == Array(repeating: .confirmed, count: 16) + [applied])
    views.wasTooOld()
    views.wasTooOld()
    #expect(insert(&views, 17) == Array(repeating: .confirmed, count: 16) + [.atHand])
  }

  @Test("after definitions sixteen hold the session's commits, however many were left of those before")
  func definitions() {
    var views = FirstViews()
    views.needOwnCommits()
    #expect(insert(&views, 15) == Array(repeating: applied, count: 15))
    views.needOwnCommits()
    #expect(insert(&views, 17) == Array(repeating: applied, count: 16) + [.atHand])
    _ = update(&views)
    views.wasTooOld()
    _ = insert(&views, 10)
    views.needOwnCommits()
    #expect(insert(&views, 17) == Array(repeating: .confirmed, count: 16) + [.atHand])
  }
}
