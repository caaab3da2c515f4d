#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C library's mathematics, the only part of it the layer uses.
enum Mathematics {
  static func log(_ value: Double) -> Double { cLog(value) }
  static func log10(_ value: Double) -> Double { cLog10(value) }
  static func exp(_ value: Double) -> Double { cExp(value) }
  static func pow(_ value: Double, _ exponent: Double) -> Double { cPow(value, exponent) }
  static func cbrt(_ value: Double) -> Double { cCbrt(value) }
  static func sin(_ value: Double) -> Double { cSin(value) }
  static func cos(_ value: Double) -> Double { cCos(value) }
  static func tan(_ value: Double) -> Double { cTan(value) }
  static func asin(_ value: Double) -> Double { cAsin(value) }
  static func acos(_ value: Double) -> Double { cAcos(value) }
  static func atan(_ value: Double) -> Double { cAtan(value) }
  static func atan2(_ y: Double, _ x: Double) -> Double { cAtan2(y, x) }
}

private func cLog(_ x: Double) -> Double { log(x) }
private func cLog10(_ x: Double) -> Double { log10(x) }
private func cExp(_ x: Double) -> Double { exp(x) }
private func cPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
private func cCbrt(_ x: Double) -> Double { cbrt(x) }
private func cSin(_ x: Double) -> Double { sin(x) }
private func cCos(_ x: Double) -> Double { cos(x) }
private func cTan(_ x: Double) -> Double { tan(x) }
private func cAsin(_ x: Double) -> Double { asin(x) }
private func cAcos(_ x: Double) -> Double { acos(x) }
private func cAtan(_ x: Double) -> Double { atan(x) }
private func cAtan2(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
