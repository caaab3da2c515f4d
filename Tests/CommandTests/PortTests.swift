import Testing

@testable import RoostCommand

@Suite("Ports and addresses of this machine")
struct PortTests {
  @Test func theHostToldToOthersIsOneTheyCanUse() throws {
    func choose(_ host: String, _ advertised: String? = nil, _ addresses: [String]) throws -> String {
      try AdvertisedHost.choose(host: host, advertised: advertised, addresses: addresses)
    }
    #expect(try choose("10.0.0.1", nil, ["10.0.0.9"]) == "10.0.0.1")
    #expect(try choose("0.0.0.0", "db1.example", ["10.0.0.1", "10.0.0.2"]) == "db1.example")
    #expect(try choose("0.0.0.0", nil, ["10.0.0.1", "2001:db8::1"]) == "10.0.0.1")
    #expect(try choose("::", nil, ["2001:db8::1"]) == "2001:db8::1")
    for addresses in [[], ["10.0.0.1", "10.0.0.2"]] {
      #expect {
        try choose("0.0.0.0", nil, addresses)
      } throws: { error in
        let text = "\(error)"
        return text.contains("--advertise") && addresses.allSatisfy { text.contains($0) }
      }
    }
  }

  @Test func aPortIsHeldUntilItIsGivenBack() throws {
    let port = try PortProbe.freePort(host: "127.0.0.1")
    let held = try PortProbe.claim(host: "127.0.0.1", port: port)
    // Who listens besides it is found; it does not listen itself.
    #expect(PortHolder.find(port: port) == nil)
    _ = held.number
  }

  @Test func whoListensIsReadFromTheKernelsTable() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
         1: 0100007F:1538 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
         2: 0100007F:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
      """
    #expect(PortHolder.listeningInodes(in: table, port: 5432) == ["4711"])
    #expect(PortHolder.listeningInodes(in: table, port: 80) == [])
  }
}
