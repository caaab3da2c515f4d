/// Which program this is.
enum Version {
  static let number = "0.1.0"

  #if DEBUG
    private static let kind = "debug build"
  #else
    private static let kind = "release build"
  #endif

  /// `roost 0.1.0 (commit 81c9ded of 2026-11-26, release build)`
  static var text: String { "roost \(number) (\(BuildStamp.commit), \(kind))" }
}

/// What the sources were built from. `make` writes `BuildStamp.generated.swift`, which says more in an extension of this
/// type and so comes before these defaults; a plain `swift build` does without it.
protocol BuildStampDefaults {}

extension BuildStampDefaults {
  static var commit: String { "unknown commit" }
}

struct BuildStamp: BuildStampDefaults {}
