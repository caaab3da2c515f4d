import RoostPlatform
import Testing

@Suite("Arrivals") struct ArrivalOrderTests {
  private let near = ConnectionSource("10.0.0.1")
  private let far = ConnectionSource("10.0.0.2")

  @Test("the source that has most gives way, with its oldest")
  func fair() {
    var order = ArrivalOrder<Int>()
    order.insert(1, from: far)
    for id in 10..<15 { order.insert(id, from: near) }
    for id in 10..<14 {
      #expect(order.oldestOfTheMany() == id)
      order.remove(id)
    }
    #expect(order.count == 2)
    order.insert(2, from: far)
    #expect(order.oldestOfTheMany() == 1)
  }

  @Test("among sources that have as many the oldest of all gives way, whatever their names")
  func ties() {
    for sources in [[near, far], [far, near]] {
      var order = ArrivalOrder<Int>()
      order.insert(1, from: sources[0])
      order.insert(2, from: sources[1])
      #expect(order.oldestOfTheMany() == 1)
      // The first of a line may have left.
      order.insert(3, from: sources[0])
      order.insert(4, from: sources[1])
      order.insert(5, from: sources[0])
      order.remove(1)
      #expect(order.oldestOfTheMany() == 2)
      order.remove(2)
      #expect(order.oldestOfTheMany() == 3)
    }
  }

  @Test("whoever left is not named, and may be forgotten twice")
  func gone() {
    var order = ArrivalOrder<Int>()
    #expect(order.oldestOfTheMany() == nil)
    for id in 0..<4 { order.insert(id, from: near) }
    #expect(order.remove(0) == true)
    #expect(order.remove(0) == false)
    #expect(order.remove(2) == true)
    #expect(order.oldestOfTheMany() == 1)
    #expect(order.remove(1) == true)
    #expect(order.oldestOfTheMany() == 3)
    #expect(order.remove(3) == true)
    #expect(order.oldestOfTheMany() == nil)
    #expect(order.count == 0)
  }

  @Test("many that come and go while one stays leave the order right")
  func staying() {
    var order = ArrivalOrder<Int>()
    order.insert(0, from: near)
    for id in 1..<10_000 {
      order.insert(id, from: near)
      if id > 2 { order.remove(id - 2) }
    }
    #expect(order.oldestOfTheMany() == 0)
    order.remove(0)
    #expect(order.oldestOfTheMany() == 9_998)
  }

  @Test("an IPv6 network is one source, and so is an IPv4 address however it is written")
  func sources() {
    #expect(ConnectionSource("2001:db8:1:2::1") == ConnectionSource("2001:db8:1:2:ffff::9"))
    #expect(ConnectionSource("2001:db8:1:2::1") != ConnectionSource("2001:db8:1:3::1"))
    #expect(ConnectionSource("::ffff:10.0.0.1") == near)
    for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
      #expect(ConnectionSource(loopback).isLoopback)
    }
    for other in ["10.0.0.1", "2001:db8::1", "::2", "", "fe80::1"] { #expect(!ConnectionSource(other).isLoopback) }
  }
}
