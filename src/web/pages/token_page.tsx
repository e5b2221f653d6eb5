/** TO BE WRITTEN. */
export default function TokenPage({ serial }: { serial: string }) {
  return serial
}
