/** TO BE WRITTEN. */
export default function AuditPage() {
  return null
}
