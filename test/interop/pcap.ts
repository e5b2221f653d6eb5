/** RADIUS packets as a capture that Wireshark reads. */

/** pcap with link type 101 (raw IP): requests from port 40000 to 1812, and the replies back. */
export function pcapOf(packets: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(101, 20)
  return Buffer.concat([header, ...packets.flatMap((packet, index) => recordOf(packet, index))])
}

function recordOf(packet: Buffer, index: number): Buffer[] {
  const isReply = [2, 3, 11].includes(packet[0]!)
  const ip = Buffer.alloc(28)
  ip.writeUInt8(0x45, 0)
  ip.writeUInt16BE(28 + packet.length, 2)
  ip.writeUInt8(64, 8)
  ip.writeUInt8(17, 9)
  ip.set([127, 0, 0, 1], 12)
  ip.set([127, 0, 0, 1], 16)
  ip.writeUInt16BE(isReply ? 1812 : 40_000, 20)
  ip.writeUInt16BE(isReply ? 40_000 : 1812, 22)
  ip.writeUInt16BE(8 + packet.length, 24)
  const record = Buffer.alloc(16)
  record.writeUInt32LE(1_700_000_000 + index, 0)
  record.writeUInt32LE(ip.length + packet.length, 8)
  record.writeUInt32LE(ip.length + packet.length, 12)
  return [record, ip, packet]
}
