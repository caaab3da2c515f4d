import Foundation

/// The system's words for what went wrong.
enum SystemError {
  static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// The system's reason out of an error of Foundation, which wraps it.
  static func reason(_ error: any Error) -> String {
    let error = error as NSError
    if error.domain == NSPOSIXErrorDomain { return text(Int32(error.code)) }
    if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError { return reason(underlying) }
    return error.localizedDescription
  }
}
